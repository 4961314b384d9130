"""The vocabulary: the names of the contract, every spelling of the field, classes, and codes."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any

import pytest

from myeloguide.guideline.assess import assess_document
from myeloguide.guideline.prepared import load_pack
from myeloguide.knowledge.agents import Agent, DrugClass
from myeloguide.knowledge.facts import Fact
from myeloguide.knowledge.names import fold
from myeloguide.knowledge.reading import parse, read
from myeloguide.knowledge.regimens import Regimen
from myeloguide.knowledge.vocabulary import DATA, vocabulary

WORDS = vocabulary()

AGENTS = """
bortezomib carfilzomib ixazomib thalidomide lenalidomide pomalidomide daratumumab isatuximab elotuzumab panobinostat selinexor
venetoclax melphalan cyclophosphamide doxorubicin cisplatin etoposide melflufen belantamab_mafodotin idecabtagene_vicleucel
ciltacabtagene_autoleucel
"""

COMPOSITION = {
    "PVd": "pomalidomide bortezomib",
    "DKd": "daratumumab carfilzomib",
    "IsaKd": "isatuximab carfilzomib",
    "DVd": "daratumumab bortezomib",
    "Kd": "carfilzomib",
    "KPd": "carfilzomib pomalidomide",
    "DPd": "daratumumab pomalidomide",
    "IPd": "ixazomib pomalidomide",
    "VCd": "bortezomib cyclophosphamide",
    "Vd": "bortezomib",
    "VMP": "bortezomib melphalan",
    "DRd": "daratumumab lenalidomide",
    "KRd": "carfilzomib lenalidomide",
    "IRd": "ixazomib lenalidomide",
    "EloRd": "elotuzumab lenalidomide",
    "Rd": "lenalidomide",
    "VTd": "bortezomib thalidomide",
    "IsaPd": "isatuximab pomalidomide",
    "EloPd": "elotuzumab pomalidomide",
    "PCd": "pomalidomide cyclophosphamide",
    "Pd": "pomalidomide",
    "Sd": "selinexor",
    "SVd": "selinexor bortezomib",
    "EloVd": "elotuzumab bortezomib",
    "PanoVd": "panobinostat bortezomib",
    "VenVd": "venetoclax bortezomib",
    "REP": "lenalidomide cyclophosphamide",
    "D-VMP": "daratumumab bortezomib melphalan",
    "VRd": "bortezomib lenalidomide",
    "PAD": "bortezomib doxorubicin",
    "VDT-PACE": "bortezomib thalidomide cisplatin doxorubicin cyclophosphamide etoposide",
    "melflufen-dex": "melflufen",
    "Pano+PI": "panobinostat bortezomib|carfilzomib|ixazomib",
    "venetoclax-based": "venetoclax",
    "clinical-trial": "",
    "salvage-ASCT": "",
    "BCMA-CAR-T": "idecabtagene_vicleucel|ciltacabtagene_autoleucel",
    "BCMA-ADC": "belantamab_mafodotin",
    "BCMA-bispecific": "",
}
"""The options of the contract by their components: steroids left out, `|` where one agent of several is given."""

FACTS = {
    "prior_lines": "integer", "age": "number", "fitness": "category", "frail": "boolean", "exposed_to": "agents",
    "refractory_to": "agents", "line1_agents": "agents", "regimens_given": "regimens",
    "months_lenalidomide_stop_to_progression": "number", "prior_transplant": "boolean",
    "months_transplant_to_progression": "number", "maintenance_after_transplant": "boolean", "transplant_eligible": "boolean",
    "t_11_14": "boolean", "bcl2_high": "boolean", "unavailable_agents": "agents", "contraindicated_agents": "agents",
}  # fmt: skip

SPELLINGS = {
    "PVd": ["PVD", "pvd", "P-V-d", "PomVd", "pomalidomide plus Vd", "Pom/Vel/Dex", "Vd + Pom", "bortezomib, pomalidomide, dex"],
    "DKd": ["Dara-Kd", "D-Kd", "DKD", "KdD", "Kd + daratumumab", "Dara/carfilzomib/dex", "Darzalex, Kyprolis and dexamethasone"],
    "IsaKd": ["Isa-Kd", "isatuximab with carfilzomib and dex", "Sarclisa + Kd"],
    "DVd": ["Dara-Vd", "D-Vd", "DVD", "Vd-Dara", "daratumumab/bortezomib/dex", "Darzalex Faspro + Velcade + dex"],
    "Kd": ["KD", "Car-Dex", "carfilzomib-dexamethasone", "Kyprolis and dex"],
    "KPd": ["KPD", "carfilzomib + Pd", "Car-Pom-Dex"],
    "DPd": ["D-Pd", "Dara-Pd", "daratumumab, pomalidomide and dexamethasone", "Pd plus daratumumab"],
    "IPd": ["Ixa-Pd", "ixazomib/pomalidomide/dexamethasone"],
    "VCd": ["CyBorD", "CVD", "VCD", "cyclo/bort/dex", "Vd & cyclophosphamide", "Velcade, Endoxan, dexamethasone"],
    "Vd": ["VD", "V d", "Vel-Dex", "bortezomib & dexamethasone"],
    "VMP": ["MPV", "V-MP", "bortezomib, melphalan and prednisolone", "Velcade-MP"],
    "DRd": ["DRD", "D-Rd", "Dara Rd", "daratumumab plus Rd", "Dara-Len-Dex"],
    "KRd": ["KRD", "carfilzomib, Revlimid and dexamethasone", "Kyprolis + Rd"],
    "IRd": ["Ixa-Rd", "Ninlaro, Revlimid and dexamethasone", "ixa/len/dex"],
    "EloRd": ["ERd", "E-Rd", "Elo + Rd", "Empliciti/lenalidomide/dexamethasone"],
    "Rd": ["RD", "Ld", "R+d", "Len-dex", "Rev-Dex", "lenalidomide, dexamethasone", "lenalidomide with low-dose dexamethasone"],
    "VTd": ["VTD", "Vel/Thal/Dex", "Vd plus thalidomide"],
    "IsaPd": ["Isa-Pd", "Isa-Pom-d", "Pom-dex plus isatuximab"],
    "EloPd": ["EPd", "elotuzumab + Pd"],
    "PCd": ["PomCyd", "pom/cyclo/dex"],
    "Pd": ["Pom-dex", "pomalidomide plus dexamethasone", "Imnovid + dex"],
    "Sd": ["Xd", "selinexor + dex", "Xpovio/dexamethasone"],
    "SVd": ["XVd", "S-Vd", "Vd plus selinexor"],
    "EloVd": ["EVd", "VD-Elo"],
    "PanoVd": ["Pano + Vd", "Vd-Pano", "Farydak, Velcade and dexamethasone"],
    "VenVd": ["Ven-Vd", "venetoclax + bortezomib"],
    "REP": ["rep", "len/cyclo/pred", "lenalidomide, cyclophosphamide, prednisone"],
    "D-VMP": ["DVMP", "Dara-VMP", "daratumumab + VMP"],
    "VRd": [
        "RVd", "RVD", "VRd-lite", "VLd", "V+R+d", "bortezomib, lenalidomide and dexamethasone", "Velcade/Revlimid/Dex",
        "Rd plus bortezomib", "bortezomib lenalidomide dexamethasone",
    ],
    "PAD": ["pad", "bortezomib, Adriamycin, dexamethasone"],
    "VDT-PACE": ["VTD-PACE", "vdt pace"],
    "melflufen-dex": ["melflufen and dexamethasone", "Pepaxto + dex"],
    "Pano+PI": ["panobinostat plus PI", "addition of panobinostat to PIs"],
    "venetoclax-based": ["venetoclax", "venetoclax in t(11;14) or bcl-2 high expression"],
    "VenDex": ["venetoclax plus dexamethasone", "Venclexta/dex"],
    "clinical-trial": ["Clinical trial"],
    "salvage-ASCT": ["salvage ASCT", "Salvage autologous stem-cell transplant"],
    "BCMA-CAR-T": ["CAR-T", "CAR T cells", "BCMA CAR-T cells"],
    "BCMA-ADC": ["ADC", "belantamab monotherapy"],
    "BCMA-bispecific": ["bispecific antibodies"],
    "D-VRd": ["Dara-RVd", "D-RVd", "VRd + dara"],
    "D-VTd": ["DVTd", "daratumumab+bortezomib+thalidomide"],
    "D-VCd": ["Dara-CyBorD", "daratumumab plus VCd"],
    "IsaVRd": ["Isa-RVd", "isatuximab with VRd"],
    "CTd": ["CTD"],
    "MPT": ["melphalan, prednisone, thalidomide"],
    "R-mono": ["lenalidomide", "lenalidomide maintenance"],
    "Tec-Dara": ["teclistamab + daratumumab"],
}  # fmt: skip

NAMES_OF_AGENTS = {
    "bortezomib": ["Velcade", "velcade ", "PS-341", "bort"],
    "carfilzomib": ["Kyprolis", "KYPROLIS", "Cfz"],
    "ixazomib": ["Ninlaro", "ixazomib citrate"],
    "thalidomide": ["Thalomid", "thal"],
    "lenalidomide": ["Revlimid", "CC-5013", "CC5013", "len"],
    "pomalidomide": ["Pomalyst", "Imnovid", "pom"],
    "daratumumab": ["Darzalex", "Darzalex Faspro", "dara", "daratumumab and hyaluronidase-fihj"],
    "isatuximab": ["Sarclisa", "isatuximab-irfc", "isa"],
    "elotuzumab": ["Empliciti", "elo"],
    "panobinostat": ["Farydak", "LBH589"],
    "selinexor": ["Xpovio", "Nexpovio", "KPT-330"],
    "venetoclax": ["Venclexta", "Venclyxto", "ABT-199"],
    "melphalan": ["Alkeran", "Evomela", "L-PAM"],
    "cyclophosphamide": ["Cytoxan", "Endoxan"],
    "doxorubicin": ["Adriamycin"],
    "pegylated_liposomal_doxorubicin": ["Doxil", "Caelyx", "PLD"],
    "cisplatin": ["Platinol", "CDDP"],
    "etoposide": ["VP-16", "Vepesid"],
    "melflufen": ["Pepaxto", "Pepaxti", "melphalan flufenamide"],
    "belantamab_mafodotin": ["Blenrep", "belantamab", "belamaf", "belantamab mafodotin"],
    "idecabtagene_vicleucel": ["Abecma", "ide-cel", "bb2121"],
    "ciltacabtagene_autoleucel": ["Carvykti", "cilta-cel", "LCAR-B38M"],
    "teclistamab": ["Tecvayli"],
    "elranatamab": ["Elrexfio"],
    "linvoseltamab": ["Lynozyfic"],
    "talquetamab": ["Talvey"],
    "dexamethasone": ["dex", "Decadron"],
    "prednisone": ["Deltasone", "Pred"],
}

MEMBERS = {
    "proteasome_inhibitor": "bortezomib carfilzomib ixazomib",
    "immunomodulatory_agent": "thalidomide lenalidomide pomalidomide",
    "histone_deacetylase_inhibitor": "panobinostat",
    "monoclonal_antibody": "daratumumab isatuximab elotuzumab",
    "anti_cd38_antibody": "daratumumab isatuximab",
    "sine": "selinexor",
    "bcl2_inhibitor": "venetoclax",
    "peptide_drug_conjugate": "melflufen",
    "bcma_targeted": (
        "belantamab_mafodotin idecabtagene_vicleucel ciltacabtagene_autoleucel teclistamab elranatamab linvoseltamab"
    ),
    "bcma_adc": "belantamab_mafodotin",
    "bcma_car_t": "idecabtagene_vicleucel ciltacabtagene_autoleucel",
    "bcma_bispecific": "teclistamab elranatamab linvoseltamab",
    "alkylator": "melphalan cyclophosphamide bendamustine carmustine busulfan",
    "steroid": "dexamethasone prednisone prednisolone methylprednisolone",
}

NAMES_OF_CLASSES = {
    "alkylator": "alkylators", "steroid": "steroids", "proteasome_inhibitor": "PIs", "immunomodulatory_agent": "IMiDs",
    "histone_deacetylase_inhibitor": "HDACi", "monoclonal_antibody": "MoAbs", "sine": "SINEs", "bcma_adc": "ADCs",
    "bcma_car_t": "CAR-T",
}  # fmt: skip
"""Classes as the source prints them (L15-19, L903-905)."""


def pairs(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(spelling, name) for name, spellings in table.items() for spelling in spellings]


# --- the names of the contract ---


def test_every_agent_of_the_contract_is_known() -> None:
    assert [agent for agent in AGENTS.split() if agent not in WORDS.active_agents] == []
    assert [WORDS.agents[steroid].steroid for steroid in ("dexamethasone", "prednisone")] == [True, True]


@pytest.mark.parametrize("option", COMPOSITION)
def test_an_option_of_the_contract_has_exactly_its_components(option: str) -> None:
    wanted = {frozenset(component.split("|")) for component in COMPOSITION[option].split()}
    assert {frozenset(component) for component in WORDS.regimens[option].components} == wanted


@pytest.mark.parametrize(
    ("steroid", "options"),
    [
        ("prednisone", {"VMP", "D-VMP", "REP"}),
        (None, {"Pano+PI", "venetoclax-based", "clinical-trial", "salvage-ASCT", "BCMA-CAR-T", "BCMA-ADC", "BCMA-bispecific"}),
    ],
)
def test_an_option_of_the_contract_has_its_steroid(steroid: str | None, options: set[str]) -> None:
    assert {option for option in COMPOSITION if WORDS.regimens[option].steroid == steroid} == options


def test_every_fact_of_the_contract_is_known_with_its_kind() -> None:
    assert {name: WORDS.facts[name].kind for name in FACTS} == FACTS
    assert WORDS.facts["fitness"].values == ("fit", "intermediate", "frail")
    assert WORDS.complements.items() >= {("not_exposed_to", "exposed_to"), ("not_refractory_to", "refractory_to")}
    assert set(WORDS.partial) == {"exposed_to_at_least", "line1_agents_at_least", "regimens_given_at_least"}


def test_columns_of_list_facts_are_those_of_the_contract() -> None:
    assert {name: fact.column for name, fact in WORDS.facts.items() if fact.column is not None} == {
        "exposed_to": "exposed_to_", "refractory_to": "refractory_to_", "line1_agents": "line1_", "regimens_given": "given_",
        "unavailable_agents": "unavailable_", "contraindicated_agents": "contraindicated_",
    }  # fmt: skip
    columns = {regimen.column for regimen in WORDS.regimens.values()}
    assert {"D_VMP", "Pano_PI", "BCMA_CAR_T"} <= columns
    assert len(columns) == len(WORDS.regimens)
    assert all(column.isidentifier() for column in columns)


# --- spellings ---


@pytest.mark.parametrize(("spelling", "regimen"), pairs(SPELLINGS))
def test_a_spelling_is_recognised_as_its_regimen(spelling: str, regimen: str) -> None:
    assert WORDS.regimen(spelling) == regimen


@pytest.mark.parametrize("name", WORDS.regimens)
def test_every_spelling_in_the_data_is_recognised_as_its_own_regimen(name: str) -> None:
    regimen = WORDS.regimens[name]
    for spelling in (name, regimen.name, *regimen.printed, *regimen.synonyms):
        assert (spelling, WORDS.regimen(spelling)) == (spelling, name)


@pytest.mark.parametrize("name", [name for name, regimen in WORDS.regimens.items() if len(regimen.agents) > 1])
def test_a_combination_is_recognised_from_its_agents_in_any_order(name: str) -> None:
    regimen = WORDS.regimens[name]
    steroid = (regimen.steroid,) if regimen.steroid else ()
    assert WORDS.regimen(" + ".join((*regimen.agents, *steroid))) == name
    assert WORDS.regimen("/".join((*steroid, *reversed(regimen.agents)))) == name


@pytest.mark.parametrize(
    "word",
    ["", "-", "and", "xyzzy", "VRx", "KRd and xyzzy", "dexamethasone", "selinexor", "PI", "P", "D", "Isa-KRd", "salvage"],
)
def test_what_names_no_regimen_is_not_taken_for_one(word: str) -> None:
    assert WORDS.regimen(word) is None


@pytest.mark.parametrize(
    ("text", "agents"),
    [
        ("Dara-Vd", {"daratumumab", "bortezomib", "dexamethasone"}),
        ("Isa + KRd", {"isatuximab", "carfilzomib", "lenalidomide", "dexamethasone"}),
        ("Velcade, Doxil", {"bortezomib", "pegylated_liposomal_doxorubicin"}),
        ("dex", {"dexamethasone"}),
    ],
)
def test_a_combination_gives_its_agents(text: str, agents: set[str]) -> None:
    assert set(WORDS.recogniser.agents(text) or ()) == agents


@pytest.mark.parametrize("text", ["xyzzy", "lenalidomide + xyzzy", "", "R"])
def test_a_combination_with_an_unknown_part_gives_none(text: str) -> None:
    assert WORDS.recogniser.agents(text) is None


@pytest.mark.parametrize(
    ("text", "regimen", "agents"),
    [
        ("lenalidomide + d", "Rd", {"lenalidomide", "dexamethasone"}),
        ("R + d", "Rd", {"lenalidomide", "dexamethasone"}),
        ("M+P+V", "VMP", {"melphalan", "prednisone", "bortezomib"}),
        ("daratumumab and hyaluronidase + bortezomib + dexamethasone", "DVd", {"daratumumab", "bortezomib", "dexamethasone"}),
        ("R + dex", "Rd", {"lenalidomide", "dexamethasone"}),
        ("K/dex", "Kd", {"carfilzomib", "dexamethasone"}),
        ("thalidomide + d", "TD", {"thalidomide", "dexamethasone"}),
    ],
)
def test_a_letter_stands_for_what_it_can_only_mean(text: str, regimen: str, agents: set[str]) -> None:
    assert WORDS.regimen(text) == regimen
    assert set(WORDS.recogniser.agents(text) or ()) == agents


@pytest.mark.parametrize("text", ["V/D/T", "Mel/P/V", "r + dex", "k/dex", "thalidomide + D", "lenalidomide + P", "D + R"])
def test_a_letter_that_could_mean_several_is_refused(text: str) -> None:
    assert WORDS.regimen(text) is None
    assert WORDS.recogniser.agents(text) is None


def test_melphalan_is_an_agent_and_no_regimen() -> None:
    assert (WORDS.agent("melphalan"), WORDS.regimen("melphalan")) == ("melphalan", None)
    assert WORDS.recogniser.agents("melphalan") == ["melphalan"]


@pytest.mark.parametrize("key", ["agents", "regimen"])
@pytest.mark.parametrize("text", ["R + d", "lenalidomide + d", "Rd"])
def test_a_line_of_lenalidomide_and_a_steroid_never_gives_daratumumab(key: str, text: str) -> None:
    patient = parse(f"as_of: 2021-06-01\nhistory:\n  complete: true\n  lines:\n  - {{line: 1, {key}: {text}}}\n", "p.yaml")
    facts = assess_document(load_pack(), patient, date(2021, 6, 1)).facts
    assert (facts["exposed_to"], facts["line1_agents"]) == (["lenalidomide"], ["lenalidomide"])
    assert facts["regimens_given"] == ["Rd"]


def test_a_single_agent_is_a_doublet_only_with_a_steroid() -> None:
    assert WORDS.recogniser.of_agents(["carfilzomib"]) == "K-mono"
    assert WORDS.recogniser.of_agents(["carfilzomib", "dexamethasone"]) == "Kd"
    assert WORDS.recogniser.of_agents(["selinexor"]) is None


@pytest.mark.parametrize(("spelling", "agent"), pairs(NAMES_OF_AGENTS))
def test_a_brand_or_code_name_stands_for_its_agent(spelling: str, agent: str) -> None:
    assert WORDS.agent(spelling) == agent


@pytest.mark.parametrize("word", ["", "P", "V", "xyzzy", "Rd", "Kyprolus", "lenalidomid", "daratumumab + bortezomib"])
def test_what_names_no_agent_is_not_taken_for_one(word: str) -> None:
    assert WORDS.agent(word) is None


@pytest.mark.parametrize(
    ("word", "likely"),
    [("Kyprolus", "Kyprolis"), ("bortezomob", "bortezomib"), ("lenalidomid", "lenalidomide"), ("carfilzomb", "carfilzomib")],
)
def test_a_misspelt_agent_gets_the_likely_one(word: str, likely: str) -> None:
    assert WORDS.near_agent(word).startswith(f"did you mean {likely}")


@pytest.mark.parametrize(
    ("word", "likely"),
    [("IsaKdd", "IsaKd"), ("CyBorDD", "CyBorD"), ("salvage-ASTC", "salvage-ASCT"), ("D-VPM", "D-VMP"), ("KRx", "KRd")],
)
def test_a_misspelt_regimen_gets_the_likely_one(word: str, likely: str) -> None:
    assert WORDS.near_regimen(word).startswith(f"did you mean {likely}")


def test_a_word_like_no_other_gets_no_suggestion() -> None:
    assert (WORDS.near_agent("xyzzy"), WORDS.near_regimen("xyzzy")) == ("", "")


def test_spellings_that_differ_in_case_spaces_and_signs_are_one() -> None:
    assert {fold(spelling) for spelling in ("D-VMP", "d vmp", "D+VMP", "D_VMP", "D–VMP", "(D/VMP)", "D.V.M.P")} == {"dvmp"}


# --- agents and classes ---


@pytest.mark.parametrize("agent", WORDS.agents.values(), ids=lambda agent: agent.agent)
def test_every_agent_is_described(agent: Agent) -> None:
    assert agent.name
    assert agent.target
    assert agent.steroid == (agent.drug_class == "steroid")
    assert set(agent.route) <= {"oral", "intravenous", "subcutaneous"}
    assert len(agent.route) > 0


@pytest.mark.parametrize("drug_class", MEMBERS)
def test_a_class_has_exactly_its_members(drug_class: str) -> None:
    assert set(WORDS.class_members[drug_class]) == set(MEMBERS[drug_class].split())


@pytest.mark.parametrize(("drug_class", "printed"), NAMES_OF_CLASSES.items())
def test_a_class_is_called_as_the_source_prints_it(drug_class: str, printed: str) -> None:
    item = WORDS.classes[drug_class]
    assert printed in {*item.abbreviations, f"{item.name}s"}
    assert item.source.lines


def test_an_agent_belongs_to_its_class_and_the_wider_ones() -> None:
    assert WORDS.classes_of("daratumumab") == ("anti_cd38_antibody", "monoclonal_antibody")
    assert WORDS.classes_of("talquetamab") == ("gprc5d_bispecific",)


def test_every_class_has_members() -> None:
    assert [name for name, members in WORDS.class_members.items() if not members] == []


def test_two_agents_share_single_letters_only() -> None:
    claimed = defaultdict(set)
    for agent in WORDS.agents.values():
        for spelling in (agent.agent, agent.name, *agent.synonyms, *agent.abbreviations):
            claimed[fold(spelling)].add(agent.agent)
    shared = {spelling for spelling, agents in claimed.items() if len(agents) > 1}
    assert {"v", "p", "d"} <= shared
    assert {len(spelling) for spelling in shared} == {1}


def test_no_place_lies_beyond_the_end_of_the_source() -> None:
    named: list[Agent | DrugClass | Regimen | Fact] = [*WORDS.agents.values(), *WORDS.classes.values()]
    named += [*WORDS.regimens.values(), *WORDS.facts.values()]
    last = load_pack().header.source_lines
    assert [item for item in named if any(line > last for pair in item.source.lines for line in pair)] == []


# --- codes ---

STATUSES = {"seen", "seen-weak", "unverified", "missing", "wrong-in-the-wild"}
KINDS = {"drug", "drug-brand", "drug-product", "drug-old", "drug-alternative", "regimen", "trap"}
CODES: list[dict[str, Any]] = read(DATA / "codes.yaml").data["codes"]


def coded(entry: dict[str, Any]) -> tuple[str, str, str]:
    return entry.get("agent") or entry["regimen"], entry["system"], entry["code"]


def is_good(entry: dict[str, Any]) -> bool:
    return entry["kind"] != "trap" and entry["status"] not in ("wrong-in-the-wild", "missing")


def test_every_code_stands_for_one_known_agent_or_regimen() -> None:
    for entry in CODES:
        assert ("agent" in entry) != ("regimen" in entry), entry
        assert entry.get("agent", "bortezomib") in WORDS.agents, entry
        assert entry.get("regimen", "Rd") in WORDS.regimens, entry


def test_every_code_is_described_by_the_same_words() -> None:
    for entry in CODES:
        assert set(entry) - {"agent", "regimen", "vocabulary"} == {"system", "code", "display", "kind", "status", "origin"}, entry
        assert all(isinstance(value, str) for value in entry.values()), entry
    assert {entry["status"] for entry in CODES} == STATUSES
    assert {entry["kind"] for entry in CODES} == KINDS
    assert {entry["system"] for entry in CODES} == {"RxNorm", "ATC", "OMOP", "SNOMED CT", "HemOnc CUI"}


def test_only_a_missing_code_is_empty() -> None:
    assert [entry for entry in CODES if (entry["code"] == "") != (entry["status"] == "missing")] == []


def test_a_trap_is_wrong_and_what_is_wrong_is_a_trap() -> None:
    assert [entry for entry in CODES if (entry["kind"] == "trap") != (entry["status"] == "wrong-in-the-wild")] == []


def test_no_trap_is_a_good_code_of_the_same_entity() -> None:
    traps = {coded(entry) for entry in CODES if not is_good(entry) and entry["code"]}
    assert traps & {coded(entry) for entry in CODES if is_good(entry)} == set()
    assert ("daratumumab", "RxNorm", "1723735") in traps
    assert ("ixazomib", "RxNorm", "1723735") not in traps


def test_a_good_code_stands_once_and_for_one_entity() -> None:
    good = Counter(coded(entry)[1:] for entry in CODES if is_good(entry) and entry["kind"] != "drug-alternative")
    assert [code for code, times in good.items() if times > 1] == []
