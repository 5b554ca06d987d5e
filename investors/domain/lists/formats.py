"""The forms that are read, by the word an operator chooses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO

from investors.domain.lists import nations, ofac, opensanctions, own
from investors.domain.lists.facts import BadList, Reading
from investors.domain.lists.files import members


@dataclass(frozen=True, slots=True)
class Form:
    """
    A publisher's form.

    label   for people
    source  name of the list unless another is given
    """

    label: str
    source: str
    read: Callable[[dict[str, BinaryIO]], Reading]


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "ofac-csv": Form(
            "OFAC SDN, CSV (sdn.csv, or a ZIP with alt.csv and add.csv)", "OFAC SDN", ofac.read_csv
        ),
        "ofac-xml": Form("OFAC SDN, XML (sdn.xml or sdn_advanced.xml)", "OFAC SDN", ofac.read_xml),
        "un-xml": Form("UN consolidated, XML", "UN consolidated", nations.read_un),
        "eu-xml": Form("EU consolidated, XML 1.1", "EU consolidated", nations.read_eu_xml),
        "eu-csv": Form("EU consolidated, CSV 1.1", "EU consolidated", nations.read_eu_csv),
        "opensanctions-csv": Form(
            "OpenSanctions targets.simple.csv", "OpenSanctions", opensanctions.read_simple
        ),
        "opensanctions-ftm": Form("OpenSanctions entities.ftm.json", "OpenSanctions", opensanctions.read_ftm),
        "own-csv": Form("Own CSV: reference, name, born, countries, kind", "", own.read),
    }
)


def read_list(form: str, stream: BinaryIO, *, aliases: BinaryIO | None = None) -> Reading:
    """
    A whole list in one of the forms.

    aliases  OFAC's alt.csv where it was not packed beside sdn.csv
    raises   BadList naming every faulty row; then nothing of the file counts
    """
    if form not in FORMS:
        raise BadList(f"The form is one of {', '.join(FORMS)}.", field="form")
    files = members(stream)
    if aliases is not None:
        if form != "ofac-csv":
            raise BadList("Only OFAC's CSV comes with a second file of names.", field="aliases")
        files["alt.csv"] = next(iter(members(aliases).values()))
    return FORMS[form].read(files)
