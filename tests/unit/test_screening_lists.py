"""Published lists in their published structure (the persons are invented); faulty and hostile files are refused."""

import io
import json
import zipfile
from datetime import date

import pytest

from investors.domain.lists import files
from investors.domain.lists.facts import BadList, births, country
from investors.domain.lists.formats import FORMS, read_list

SDN = """101,"QUILLFEATHER, Ada",individual,"SDGT] [IRAQ2",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 03 May 1960; alt. DOB 1961; POB Basra, Iraq; nationality Iraq; Gender Female."
102,"VEXINGHAM TRADING LLC",-0- ,"IRAN",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0-
103,"MARLOWE STAR",vessel,"IRAN",-0- ,"ABCD",Tanker,-0- ,-0- ,Panama,-0- ,-0-
\x1a"""
ALT = '101,1,aka,"KWILFEDER, Aida",-0-\n102,2,fka,"VEXINGHAM GENERAL TRADING",-0-\n'
ADD = '101,1,"1 Palm Street","Basra","Iraq",-0-\n102,2,-0-,"Tehran","Iran",-0-\n'
SDN_XML = """<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML">
  <publshInformation><Publish_Date>11/20/2026</Publish_Date><Record_Count>2</Record_Count></publshInformation>
  <sdnEntry><uid>101</uid><firstName>Ada</firstName><lastName>QUILLFEATHER</lastName><sdnType>Individual</sdnType>
    <programList><program>SDGT</program></programList>
    <akaList><aka><uid>1</uid><type>a.k.a.</type><category>strong</category><lastName>KWILFEDER</lastName><firstName>Aida</firstName></aka></akaList>
    <addressList><address><uid>5</uid><country>Iraq</country></address></addressList>
    <nationalityList><nationality><uid>4</uid><country>Syria</country><mainEntry>true</mainEntry></nationality></nationalityList>
    <dateOfBirthList><dateOfBirthItem><uid>2</uid><dateOfBirth>03 May 1960</dateOfBirth><mainEntry>true</mainEntry></dateOfBirthItem>
      <dateOfBirthItem><uid>3</uid><dateOfBirth>circa 1962</dateOfBirth></dateOfBirthItem></dateOfBirthList></sdnEntry>
  <sdnEntry><uid>102</uid><lastName>VEXINGHAM TRADING LLC</lastName><sdnType>Entity</sdnType></sdnEntry>
</sdnList>"""
ADVANCED = """<?xml version="1.0" encoding="utf-8"?>
<Sanctions xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML">
  <DateOfIssue CalendarTypeID="1"><Year>2026</Year><Month>11</Month><Day>20</Day></DateOfIssue>
  <ReferenceValueSets><FeatureTypeValues><FeatureType ID="8" FeatureTypeGroupID="1">Birthdate</FeatureType></FeatureTypeValues>
    <PartySubTypeValues><PartySubType ID="4" PartyTypeID="1">Unknown</PartySubType></PartySubTypeValues></ReferenceValueSets>
  <DistinctParties><DistinctParty FixedRef="101"><Profile ID="101" PartySubTypeID="4"><Identity ID="7" FixedRef="101" Primary="true">
    <Alias FixedRef="101" AliasTypeID="1400" Primary="false" LowQuality="true"><DocumentedName><DocumentedNamePart><NamePartValue>Kwilfeder</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
    <Alias FixedRef="101" AliasTypeID="1403" Primary="true" LowQuality="false"><DocumentedName>
      <DocumentedNamePart><NamePartValue NamePartGroupID="1">Quillfeather</NamePartValue></DocumentedNamePart>
      <DocumentedNamePart><NamePartValue NamePartGroupID="2">Ada</NamePartValue></DocumentedNamePart></DocumentedName></Alias></Identity>
    <Feature ID="9" FeatureTypeID="8"><FeatureVersion ID="1"><DatePeriod><Start><From><Year>1960</Year><Month>5</Month><Day>3</Day></From></Start>
      <End><To><Year>1960</Year><Month>5</Month><Day>3</Day></To></End></DatePeriod></FeatureVersion></Feature></Profile></DistinctParty></DistinctParties>
</Sanctions>"""
UN = """<?xml version="1.0" encoding="utf-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-11-19T00:00:00.000-05:00"><INDIVIDUALS><INDIVIDUAL><DATAID>6908555</DATAID>
  <FIRST_NAME>ADA</FIRST_NAME><SECOND_NAME>MARIE</SECOND_NAME><THIRD_NAME>QUILLFEATHER</THIRD_NAME><UN_LIST_TYPE>Example</UN_LIST_TYPE>
  <REFERENCE_NUMBER>EXi.001</REFERENCE_NUMBER><NAME_ORIGINAL_SCRIPT>ада куилфедер</NAME_ORIGINAL_SCRIPT><NATIONALITY><VALUE>Iraq</VALUE></NATIONALITY>
  <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Aida Kwilfeder</ALIAS_NAME></INDIVIDUAL_ALIAS><INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1960-05-03</DATE></INDIVIDUAL_DATE_OF_BIRTH>
  <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1958</FROM_YEAR><TO_YEAR>1962</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL></INDIVIDUALS>
  <ENTITIES><ENTITY><DATAID>2</DATAID><FIRST_NAME>VEXINGHAM TRADING</FIRST_NAME><REFERENCE_NUMBER>EXe.002</REFERENCE_NUMBER>
  <ENTITY_ALIAS><ALIAS_NAME>VGT</ALIAS_NAME></ENTITY_ALIAS><ENTITY_ADDRESS><COUNTRY>Iran (Islamic Republic of)</COUNTRY></ENTITY_ADDRESS></ENTITY></ENTITIES></CONSOLIDATED_LIST>"""
EU = """<?xml version="1.0" encoding="UTF-8"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-11-18T10:00:00.000+01:00" globalFileId="1">
  <sanctionEntity designationDetails="" euReferenceNumber="EU.1.23" logicalId="13"><regulation programme="IRQ"/>
    <subjectType code="person" classificationCode="P"/><nameAlias firstName="Ada" lastName="Quillfeather" wholeName="Ada Quillfeather" strong="true"/>
    <nameAlias firstName="Aida" lastName="Kwilfeder" wholeName=""/><citizenship countryIso2Code="IQ"/>
    <birthdate circa="false" birthdate="1960-05-03" year="1960"/><birthdate circa="true" year="1962"/></sanctionEntity></export>"""
EU_CSV = """\ufefffileGenerationDate;Entity_LogicalId;Entity_EU_ReferenceNumber;Entity_SubjectType_ClassificationCode;Entity_Regulation_Programme;NameAlias_WholeName;BirthDate_BirthDate;BirthDate_Year;Citizenship_CountryIso2Code;Address_CountryIso2Code
18/11/2026;13;EU.1.23;P;IRQ;Ada Quillfeather;;;;
18/11/2026;13;EU.1.23;P;IRQ;Aida Kwilfeder;;;;
18/11/2026;13;EU.1.23;P;;;1960-05-03;1960;;
18/11/2026;13;EU.1.23;P;;;;;IQ;
"""
SIMPLE = '''id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,dataset,first_seen,last_seen,last_change
NK-1,Person,Ada Quillfeather,"Aida Kwilfeder;""Quill; Ada""",1960-05-03;1961,iq;us,,,Example order,,,Example,2026-01-01,2026-11-20T01:00:00,2026-01-01
NK-2,Company,Vexingham Trading LLC,,,ir,,,,,,Example,2026-01-01,2026-11-19,2026-01-01
'''
FTM = "\n".join(
    json.dumps(one)
    for one in (
        {
            "id": "NK-1", "schema": "Person", "target": True, "last_seen": "2026-11-20T00:00:00",
            "properties": {"name": ["Ada Quillfeather"], "alias": ["Aida Kwilfeder"], "birthDate": ["1960-05-03"], "nationality": ["iq"], "topics": ["sanction"]},
        },
        {"id": "Q-2", "schema": "Person", "target": False, "properties": {"name": ["Poly Tician"], "topics": ["role.pep"]}},
        {"id": "A-1", "schema": "Address", "properties": {"full": ["1 Palm Street"]}},
    )
)  # fmt: skip
OWN = "reference,name,born,countries,kind\nX-1,Ada Quillfeather,1960-05-03,IQ,person\n"


def packed(**members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return held.getvalue()


def read(form, content, **more):
    content = content.encode() if isinstance(content, str) else content
    return read_list(form, io.BytesIO(content), **more)


@pytest.mark.parametrize(
    ("form", "text", "dated", "reference"),
    [
        ("ofac-csv", packed(sdn_csv=SDN, alt_csv=ALT, add_csv=ADD), None, "101"),
        ("ofac-xml", SDN_XML, date(2026, 11, 20), "101"),
        ("ofac-xml", ADVANCED, date(2026, 11, 20), "101"),
        ("ofac-xml", packed(sdn_xml=SDN_XML), date(2026, 11, 20), "101"),
        ("un-xml", UN, date(2026, 11, 19), "EXi.001"),
        ("eu-xml", EU, date(2026, 11, 18), "EU.1.23"),
        ("eu-csv", EU_CSV, date(2026, 11, 18), "EU.1.23"),
        ("opensanctions-csv", SIMPLE, date(2026, 11, 20), "NK-1"),
        ("opensanctions-ftm", FTM, date(2026, 11, 20), "NK-1"),
        ("own-csv", OWN, None, "X-1"),
    ],
)
def test_every_published_form_is_read(form, text, dated, reference):
    reading = read(form, text)
    first = reading.parties[0]
    assert (reading.list_date, first.reference, first.kind) == (dated, reference, "person")
    assert "quillfeather" in first.names[0].lower() and "ada" in first.names[0].lower()
    assert "1960-05-03" in first.births
    if "Sanctions xmlns" not in str(text):
        assert "IQ" in first.countries


def test_ofac_csv_takes_aliases_apart_or_packed_together():
    reading = read("ofac-csv", SDN, aliases=io.BytesIO(ALT.encode()))
    assert [party.names for party in reading.parties] == [
        ("Ada QUILLFEATHER", "Aida KWILFEDER"),
        ("VEXINGHAM TRADING LLC", "VEXINGHAM GENERAL TRADING"),
        ("MARLOWE STAR",),
    ]
    assert [party.kind for party in reading.parties] == ["person", "entity", "other"]
    assert reading.parties[0].births == ("1960-05-03", "1961")
    assert reading.parties[0].programs == "SDGT; IRAQ2"
    assert reading.names == 5


def test_details_of_the_other_forms():
    un = read("un-xml", UN).parties
    assert un[0].names == ("ADA MARIE QUILLFEATHER", "ада куилфедер", "Aida Kwilfeder")
    assert un[0].births == ("1960-05-03", "1958/1962")
    assert (un[1].kind, un[1].countries) == ("entity", ("IR",))
    assert read("ofac-xml", SDN_XML).parties[0].births == ("1960-05-03", "1961/1963")
    assert read("ofac-xml", ADVANCED).parties[0].names == ("Quillfeather Ada", "Kwilfeder")
    assert read("eu-csv", EU_CSV).parties[0].names == ("Ada Quillfeather", "Aida Kwilfeder")
    assert read("opensanctions-csv", SIMPLE).parties[0].names == (
        "Ada Quillfeather",
        "Aida Kwilfeder",
        "Quill; Ada",
    )
    assert [party.reference for party in read("opensanctions-ftm", FTM).parties] == ["NK-1", "Q-2"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("03 May 1960", ["1960-05-03"]),
        ("29 Feb 1961", ["1961"]),
        ("29 Feb 1960", ["1960-02-29"]),
        ("May 1960", ["1960"]),
        ("1958 to 1962", ["1958/1962"]),
        ("circa 1960", ["1959/1961"]),
        ("31/12/1960", ["1960-12-31"]),
        ("unknown", []),
        ("", []),
    ],
)
def test_dates_of_birth_as_publishers_write_them(told, expected):
    assert births(told) == expected


def test_countries_by_code_or_name():
    assert [country(name) for name in ("iq", "Russia", "Syria", "Atlantis", "")] == ["IQ", "RU", "SY", "", ""]


def test_every_faulty_row_is_named_with_its_line():
    text = "reference,name,born\nA,B,\n,C,\nD,,\nE,F,1990-13-01\nG,H,1990\n"
    with pytest.raises(BadList) as refused:
        read("own-csv", text)
    assert [reason[:7] for reason in refused.value.reasons] == ["Line 3:", "Line 4:", "Line 5:"]
    assert "3 rows are faulty" in refused.value.message
    broken = SDN_XML.replace("<uid>101</uid>", "<uid/>")
    with pytest.raises(BadList, match="Line 4: reference or name is empty"):
        read("ofac-xml", broken)


BOMB = b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><sdnList>&b;</sdnList>"
OUTSIDE = b"<!DOCTYPE l [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><sdnList>&x;</sdnList>"


@pytest.mark.parametrize(
    ("form", "content", "sentence"),
    [
        ("ofac-xml", BOMB, "document type or entities"),
        ("ofac-xml", OUTSIDE, "document type or entities"),
        ("ofac-xml", UN, "is a 'CONSOLIDATED_LIST'"),
        ("ofac-xml", SDN_XML[:-80], "not well-formed"),
        ("ofac-xml", SDN_XML.replace("Count>2", "Count>3"), "it was cut off"),
        ("ofac-xml", "<sdnList>" + "<a>" * 60, "nested too deeply"),
        ("ofac-xml", "", "not well-formed"),
        ("un-xml", UN.replace("2026-11-19T", "soon"), "does not say when it was made"),
        ("eu-csv", "a;b\n", "missing: Entity_LogicalId"),
        ("ofac-csv", "101,Ada\n", "12 are expected"),
        ("ofac-csv", packed(readme_txt="hello"), "has no sdn.csv"),
        ("opensanctions-ftm", "{not json}\n", "Line 1: this is not a JSON object"),
        ("opensanctions-ftm", "[" * 100_000, "Line 1: this is not a JSON object"),
        ("opensanctions-csv", "id,schema,name\n", "has no names"),
        ("own-csv", b"\xff\xfe\x00", "not UTF-8"),
        ("own-csv", 'reference,name\nA,"B', "not CSV"),
        ("own-csv", b"PK\x03\x04broken", "cannot be opened"),
        ("own-csv", packed(**{f"f{n}_csv": "x" for n in range(20)}), "has 20 files"),
        ("own-csv", packed(a_csv=OWN, b_csv=OWN), "must hold one"),
        ("own-csv", packed(a_csv="0" * 50_000_000), "would unpack to"),
        ("no-such", OWN, "The form is one of"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused_with_a_sentence(form, content, sentence):
    with pytest.raises(BadList, match=sentence):
        read(form, content)


def test_an_oversize_file_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(files, "LARGEST_UPLOAD", 2**20)
    with pytest.raises(BadList, match="larger than 1 MB"):
        files.digest_of(io.BytesIO(b"x" * (2**20 + 1)))
    monkeypatch.setattr(files, "LARGEST_UNPACKED", 2**20)
    with pytest.raises(BadList, match="larger than 1 MB unpacked"):
        read("own-csv", OWN + "A,B,,,\n" * 200_000)


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"<", b"{}", b"PK\x03\x04", b",,,,\n", "é;\n".encode("latin-1")]
)
def test_no_form_falls_over_nonsense(form, content):
    with pytest.raises(BadList):
        read(form, content)
