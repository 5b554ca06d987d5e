"""Small PDF files that say plainly that they are samples."""

_TEXT = {ord("("): r"\(", ord(")"): r"\)", ord("\\"): r"\\"}


def sample_pdf(title: str, *lines: str) -> bytes:
    """One page of text as a PDF 1.4 file; the same text gives the same bytes."""
    told = [title, "", *lines, "", "Sample paper of the demonstration. People and companies are invented."]
    moves = " ".join(f"({line.translate(_TEXT)}) Tj T*" for line in told)
    content = f"BT /F1 12 Tf 72 770 Td 18 TL {moves} ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (
        out
        + b"xref\n0 5\n0000000000 65535 f \n"
        + table
        + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    )
