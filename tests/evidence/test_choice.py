"""Which results of the source are combined for a population, and what the answer says of the rest."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from myeloguide.errors import InputError
from myeloguide.evidence.choice import _WORDS, Choice, choose, load_published, option_named, populations
from myeloguide.evidence.combined import combined, plain
from myeloguide.evidence.contrasts import Contrast, Derived
from myeloguide.evidence.network import combine
from myeloguide.evidence.network_text import render
from myeloguide.evidence.ranks import POPULATIONS, disagreements
from myeloguide.evidence.trials import load_evidence
from myeloguide.guideline.pack import Pack

EVIDENCE = load_evidence()


def chosen(choice: Choice) -> dict[str, tuple[str, str, float]]:
    return {one.study: (one.treatment, one.comparator, round(one.ratio, 3)) for one in choice.contrasts}


class TestOfTheSource:
    def test_all_patients(self) -> None:
        """Each ratio as printed: L529-535, L283-287, L525, L771, L743-749, L303, L261, L469, L683."""
        assert chosen(choose(EVIDENCE)) == {
            "BOSTON": ("SVd", "Vd", 0.7),
            "CANDOR": ("DKd", "Kd", 0.63),
            "CASTOR": ("DVd", "Vd", 0.31),
            "ELOQUENT-3": ("EloPd", "Pd", 0.54),
            "ICARIA": ("IsaPd", "Pd", 0.596),
            "IKEMA": ("IsaKd", "Kd", 0.53),
            "OPTIMISMM": ("PVd", "Vd", 0.61),
            "POLLUX": ("DRd", "Rd", 0.44),
            "ReLApsE": ("salvage-ASCT", "Rd", 0.87),
        }

    def test_what_each_standard_error_is_from(self) -> None:
        derived = {one.study: one.derived for one in choose(EVIDENCE).contrasts}
        assert {study for study, how in derived.items() if how is Derived.interval} == {"CASTOR", "POLLUX"}
        assert {study for study, how in derived.items() if how is Derived.p_limit} == {"OPTIMISMM"}

    def test_what_is_left_out_is_named_with_its_reason(self) -> None:
        why = {(one.trial, one.result.hr): one.why for one in choose(EVIDENCE).left_out}
        assert why["CASTOR", 0.39] == "neither an interval nor a p value is printed"
        assert why["ENDEAVOR", None] == "no ratio is printed"

    def test_lenalidomide_refractory_patients_have_nothing_that_combines(self, pack: Pack) -> None:
        """L175-191, L213-219, L263-267, L287-291, L303-305: medians, p values and bare ratios."""
        found = combined(EVIDENCE, pack, "lenalidomide-refractory")
        assert not found.networks
        assert {one.trial for one in found.choice.left_out} == {"CANDOR", "CASTOR", "ENDEAVOR", "IKEMA", "OPTIMISMM"}
        assert "nothing can be combined" in " ".join(render(found).split())

    def test_a_trial_that_admitted_only_such_patients_counts_as_a_whole(self) -> None:
        choice = choose(EVIDENCE, "two-or-more-prior-lines")
        assert {"ICARIA", "ELOQUENT-3"} <= chosen(choice).keys()
        assert chosen(choice)["IKEMA"] == ("IsaKd", "Kd", 0.48)
        assert "BOSTON" not in chosen(choice), "it admitted patients with one prior line, too"

    def test_newly_diagnosed_patients_are_in_no_network(self) -> None:
        assert "ALCYONE" not in chosen(choose(EVIDENCE, endpoint="OS"))

    @pytest.mark.parametrize("population", populations(EVIDENCE))
    @pytest.mark.parametrize("endpoint", ["PFS", "OS", "TTP", "PFS2"])
    def test_every_population_is_answered(self, pack: Pack, population: str, endpoint: str) -> None:
        for published in (False, True):
            found = combined(EVIDENCE, pack, population, endpoint, published=published)
            assert max(map(len, render(found).splitlines())) <= 88
            assert len({one.study for one in found.choice.contrasts}) == len(found.choice.contrasts)
            assert [part["options"] for part in plain(found)["parts"]] == [list(network.options) for network in found.networks]

    def test_populations_of_lists_and_those_in_words_are_populations(self) -> None:
        assert set(POPULATIONS) | set(_WORDS) <= set(populations(EVIDENCE))

    def test_a_ratio_beside_the_middle_of_its_interval_is_named(self, pack: Pack) -> None:
        """CASTOR after one prior line: 0.22 (0.13-0.33), L525-529; the interval's middle is 0.207."""
        remark = "The printed ratio is not the middle of its interval; ratio and width are kept: CASTOR."
        assert remark in combined(EVIDENCE, pack, "one-prior-line").remarks
        assert remark not in combined(EVIDENCE, pack).remarks


class TestPublishedElsewhere:
    def test_they_are_of_trials_that_the_source_names(self) -> None:
        """MM-010 stands in the table that the others are from; the source does not name it."""
        assert {item.trial for item in load_published() if EVIDENCE.trial(item.trial) is None} == {"MM-010"}

    def test_an_interval_of_the_source_is_kept(self) -> None:
        choice = choose(EVIDENCE, published=load_published())
        places = {one.study: one.place for one in choice.contrasts}
        assert places["CASTOR"].startswith("L")
        assert places["CANDOR"].startswith("PMC"), "of CANDOR the source prints no interval"

    def test_ikema_at_99_percent(self) -> None:
        (one,) = (one for one in choose(EVIDENCE, published=load_published()).contrasts if one.study == "IKEMA")
        assert one.level == 99
        assert tuple(round(limit, 2) for limit in one.interval()) == (0.36, 0.78)

    def test_bostons_p_was_one_sided(self) -> None:
        """The printed 0.0066 (L533-535) fits the published interval 0.53 to 0.93 only as one-sided: so the remark."""
        (one,) = (one for one in choose(EVIDENCE, published=load_published()).contrasts if one.study == "BOSTON")
        z = abs(one.log_ratio) / one.error
        one_sided = 0.5 * math.erfc(z / math.sqrt(2))
        assert one_sided == pytest.approx(0.0066, abs=0.0004)

    def test_the_published_lenalidomide_refractory_network(self, pack: Pack) -> None:
        """Mohyuddin et al. 2021: DKd v Vd 0.38 (0.21-0.69), IsaPd v dex 0.30 (0.20-0.44); inputs partly unverified."""
        found = combined(EVIDENCE, pack, "lenalidomide-refractory", published=True)
        for option, comparator, published in (("DKd", "Vd", (0.38, 0.21, 0.69)), ("IsaPd", "dex", (0.30, 0.20, 0.44))):
            (network,) = (network for network in found.networks if option in network.options)
            estimate = network.common.estimate(option, comparator)
            assert (estimate.ratio, *estimate.interval()) == pytest.approx(published, abs=0.0101)
        assert found.choice.unverified == ("CANDOR", "ENDEAVOR", "ICARIA")
        assert "Input not seen where it was published: CANDOR, ENDEAVOR, ICARIA." in found.remarks


class TestText:
    def test_parts_are_said_to_be_apart(self, pack: Pack) -> None:
        text = " ".join(render(combined(EVIDENCE, pack)).split())
        assert "Options of different parts cannot be compared" in text
        for says in ("Heterogeneity (tau², I², Q) and random effects: not estimable", "Inconsistency: not estimable"):
            assert says in text
        assert "DVd v PVd 0.51 (0.36-0.72)" in text

    def test_what_trials_that_repeat_each_other_tell(self, pack: Pack) -> None:
        """A made-up network with a loop and two trials of one comparison: everything is estimable."""
        made = [
            Contrast(study, one, other, math.log(ratio), 0.1)
            for study, one, other, ratio in (
                ("T1", "DVd", "Vd", 0.4), ("T2", "DVd", "Vd", 0.6), ("T3", "PVd", "Vd", 0.7), ("T4", "DVd", "PVd", 0.9),
            )
        ]  # fmt: skip
        some = choose(EVIDENCE).chosen[0]
        choice = replace(choose(EVIDENCE), chosen=tuple(replace(some, contrast=one) for one in made), left_out=())
        found = replace(combined(EVIDENCE, pack), choice=choice, networks=combine(made), disagreements=())
        text = render(found)
        assert "not estimable" not in text
        assert "random effects" in text
        assert re.search(r"tau² 0\.\d+ \(DerSimonian-Laird\), I² \d+%, heterogeneity Q \d+\.\d+, df 1", text)
        assert re.search(r"inconsistency Q \d+\.\d+, df 1, p 0\.\d+", text)
        assert re.search(r"DVd v Vd: direct .*, indirect ", text)
        assert re.search(r"common effects 0\.\d\d \(0\.\d\d-\d\.\d\d\), predicted 0\.", " ".join(text.split()))
        assert max(map(len, text.splitlines())) <= 88
        (part,) = plain(found)["parts"]
        assert part["random"]["p_scores"].keys() == {"DVd", "PVd", "Vd"}
        assert len(part["predicted"]) == len(part["random"]["league"]) == 3
        assert part["not_estimable"] == []


class TestRanksAndTiers:
    def test_dvd_above_pvd(self, pack: Pack) -> None:
        """PVd is preferred (L425), DVd second (L429); the trials' results for all patients put DVd first."""
        found = combined(EVIDENCE, pack).disagreements
        one = next(one for one in found if (one.estimate.treatment, one.estimate.comparator) == ("DVd", "PVd"))
        assert (one.lower_tier, one.higher_tier, one.sure) == ("Second", "Preferred", True)
        assert one.estimate.ratio == pytest.approx(0.31 / 0.61)
        why = " ".join(one.why)
        assert "no trial compared the two directly" in why
        assert "7.8 v 4.9 months" in why, "what is printed of lenalidomide-refractory patients stands beside it"
        assert "of PFS alone" in why

    def test_no_tier_is_contradicted_where_the_order_is_the_same(self, pack: Pack) -> None:
        assert combined(EVIDENCE, pack, "not-lenalidomide-refractory", published=True).disagreements == ()

    def test_another_population_has_no_list(self, pack: Pack) -> None:
        choice = choose(EVIDENCE, "prior-proteasome-inhibitor")
        assert choice.contrasts
        assert disagreements(pack, EVIDENCE, choice, combine(choice.contrasts)) == ()


def test_options_by_any_spelling() -> None:
    assert option_named(EVIDENCE, "Dara-Vd") == "DVd"
    assert option_named(EVIDENCE, "Cyclophosphamide") == "cyclophosphamide"
    with pytest.raises(InputError, match="did you mean"):
        option_named(EVIDENCE, "DVdd")


@pytest.mark.parametrize(("population", "endpoint"), [("lenalidomide", "PFS"), ("all", "ORR")])
def test_unknown_populations_and_endpoints(population: str, endpoint: str) -> None:
    with pytest.raises(InputError, match=r"no trial compares|there is no hazard ratio"):
        choose(EVIDENCE, population, endpoint)
