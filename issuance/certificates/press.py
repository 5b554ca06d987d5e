"""
The printing press: `python -m issuance.certificates.press`, a process of its own for each paper, because typesetting
and signing take more memory than a portal process should keep. It knows no Django and no database: one JSON object
comes in, one signed PDF/A-3 goes out.

    {"template": path, "data": {...}, "latin": {...}, "attachments": {name: text}, "link": url,
     "key": path, "certificate": path, "at": seconds since 1970}

`latin` is the same data in Latin letters, for where the fonts have no others; the QR code leads to `link`.
"""

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import segno
import typst
from asn1crypto import keys, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore


def typeset(job: dict[str, Any], data: dict[str, Any]) -> bytes:
    """A PDF/A-3b with the attachments. raises  typst.TypstError, where a font lacks a letter too"""
    template, code = Path(job["template"]), io.BytesIO()
    segno.make(job["link"], error="m").save(code, kind="svg", border=0)
    made = typst.compile(
        str(template),
        root=str(template.parent),
        format="pdf",
        pdf_standards=["a-3b"],
        timestamp=int(job["at"]),
        ignore_system_fonts=False,
        sys_inputs={
            "data": json.dumps({**data, "link": job["link"], "at": list(_day(job["at"]))}),
            "code": code.getvalue().decode(),
            "attachments": json.dumps(job["attachments"]),
        },
    )
    assert isinstance(made, bytes)
    return made


def sign(pdf: bytes, *, key: Path, certificate: Path) -> bytes:
    """Sign the whole file with the house's key. raises  OSError, ValueError for files that are no key"""
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(_der(certificate)),
        signing_key=keys.PrivateKeyInfo.load(_der(key)),
        cert_registry=SimpleCertificateStore(),
    )
    signed = signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)),
        signers.PdfSignatureMetadata(field_name="House", reason="Made by the portal from its records"),
        signer=signer,
    )
    return bytes(signed.getvalue())


def _der(path: Path) -> bytes:
    return bytes(pem.unarmor(path.read_bytes())[2])


def _day(at: float) -> tuple[int, int, int]:
    day = datetime.fromtimestamp(at, UTC)
    return day.year, day.month, day.day


def main() -> int:
    job = json.load(sys.stdin)
    try:
        try:
            pdf = typeset(job, job["data"])
        except typst.TypstError:
            pdf = typeset(job, job["latin"])
        signed = sign(pdf, key=Path(job["key"]), certificate=Path(job["certificate"]))
    except typst.TypstError:
        # What it says may quote the paper, which is nobody's who reads logs.
        sys.stderr.write("The paper could not be typeset.\n")
        return 1
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The paper could not be signed: {type(error).__name__}: {error}\n")
        return 1
    sys.stdout.buffer.write(signed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
