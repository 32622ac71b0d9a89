"""The power policy, held against what it must never do."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from appliance.vehicle.power import PowerPolicy, PowerRules

RULES = PowerRules(
    hold_below_mv=11_800,
    resume_above_mv=12_400,
    stop_below_mv=11_200,
    hold_after_s=10,
    resume_after_s=30,
    stop_after_s=60,
    notice_s=30,
    stale_s=15,
    forget_s=600,
)


def feed(policy: PowerPolicy, volts: float, now: float, seconds: int) -> float:
    """Say a voltage each second; return the time after it."""
    for _ in range(seconds):
        policy.take(round(volts * 1_000), now)
        now += 1
    return now


def stages(policy: PowerPolicy, volts: float, now: float, seconds: int) -> tuple[list[str], float]:
    found = []
    for _ in range(seconds):
        policy.take(round(volts * 1_000), now)
        stage = policy.look(now).stage
        if not found or found[-1] != stage:
            found.append(stage)
        now += 1
    return found, now


def test_a_day_of_a_battery() -> None:
    policy = PowerPolicy(RULES)
    assert policy.look(0).stage == "unknown"
    found, now = stages(policy, 12.6, 0, 60)
    assert found == ["good"]
    found, now = stages(policy, 11.7, now, 60)
    assert found == ["good", "low"]
    found, now = stages(policy, 12.1, now, 600)
    assert found == ["low"], "between the thresholds it stays as it is"
    found, now = stages(policy, 12.5, now, 60)
    assert found == ["low", "good"]


def test_it_waits_as_long_as_it_says() -> None:
    policy = PowerPolicy(RULES)
    now = feed(policy, 12.6, 0, 5)
    for second in range(10):
        policy.take(11_700, now + second)
        assert policy.look(now + second).stage == "good"
    policy.take(11_700, now + 10)
    assert policy.look(now + 10).stage == "low"


def test_a_sag_of_a_moment_changes_nothing() -> None:
    policy = PowerPolicy(RULES)
    now = feed(policy, 12.6, 0, 5)
    for _ in range(20):
        found, now = stages(policy, 10.5, now, 9)
        assert found == ["good"]
        now = feed(policy, 12.6, now, 1)


def test_a_start_with_an_empty_battery_holds_after_the_same_time() -> None:
    policy = PowerPolicy(RULES)
    found, _ = stages(policy, 11.7, 0, 20)
    assert found == ["unknown", "low"]


def test_an_empty_battery_stops_the_box_after_notice() -> None:
    policy = PowerPolicy(RULES)
    now = feed(policy, 11.0, 0, 60)
    assert policy.look(now - 1).off_in_s is None
    policy.take(11_000, now)
    power = policy.look(now)
    assert (power.stage, power.off_in_s) == ("stopping", 30)
    now = feed(policy, 11.0, now, 31)
    assert policy.look(now - 1).off_in_s == 0


def test_a_charger_that_is_plugged_in_calls_the_stop_off() -> None:
    policy = PowerPolicy(RULES)
    now = feed(policy, 11.0, 0, 80)
    assert policy.look(now - 1).stage == "stopping"
    policy.take(11_500, now)
    assert policy.look(now).off_in_s is None
    now = feed(policy, 11.5, now, 40)
    assert policy.look(now - 1).stage == "low"
    now = feed(policy, 13.0, now, 40)
    assert policy.look(now - 1).stage == "good"


def test_a_voltage_that_is_not_known_stops_nothing_and_is_said() -> None:
    policy = PowerPolicy(RULES)
    now = feed(policy, 11.0, 0, 80)
    power = policy.look(now + 20)
    assert (power.stage, power.stale, power.off_in_s) == ("stopping", True, None)
    # One reading is not the time for which it must be there.
    policy.take(11_000, now + 21)
    assert policy.look(now + 21).off_in_s is None
    power = policy.look(now + 21 + 601)
    assert (power.stage, power.voltage_mv, power.holds) == ("unknown", None, False)


def test_a_gap_between_two_readings_is_not_time_that_the_voltage_was_low() -> None:
    policy = PowerPolicy(RULES)
    now = feed(policy, 12.6, 0, 5)
    policy.take(11_700, now)
    policy.take(11_700, now + 16)
    assert policy.look(now + 16).stage == "good"
    policy.take(11_700, now + 26)
    assert policy.look(now + 26).stage == "low"


def test_without_thresholds_nothing_is_ever_held() -> None:
    policy = PowerPolicy(PowerRules())
    found, _ = stages(policy, 3.0, 0, 300)
    assert found == ["good"]


class Policy(RuleBasedStateMachine):
    """Any voltages, with gaps, against the history of them."""

    def __init__(self) -> None:
        super().__init__()
        self.policy = PowerPolicy(RULES)
        self.now = 1_000.0
        self.history: list[tuple[float, int]] = []
        self.before = self.policy.look(self.now)

    @rule(
        millivolts=st.sampled_from([0, 11_000, 11_199, 11_200, 11_799, 11_800, 12_399, 12_400])
        | st.integers(9_000, 15_000),
        seconds=st.integers(1, 120),
        every=st.sampled_from([1.0, 5.0, 14.0]),
    )
    def hear(self, millivolts: int, seconds: int, every: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += every
            self.policy.take(millivolts, self.now)
            self.history.append((self.now, millivolts))
            del self.history[:-150]
            self.check()

    @rule(seconds=st.sampled_from([1, 10, 16, 200, 700]))
    def silence(self, seconds: int) -> None:
        self.now += seconds
        self.check()

    def held_for(self, seconds: float, least: int, below: int) -> bool:
        """Whether the newest voltages, without a gap, were within bounds for so long."""
        first = last = self.now
        if not self.history or self.now - self.history[-1][0] > RULES.stale_s:
            return False
        last = self.history[-1][0]
        for at, millivolts in reversed(self.history):
            if not least <= millivolts < below or first - at > RULES.stale_s:
                break
            first = at
        return last - first >= seconds

    def check(self) -> None:
        power, before = self.policy.look(self.now), self.before
        self.before = power
        known = bool(self.history) and self.now - self.history[-1][0] <= RULES.stale_s
        assert power.stale is not known
        if power.stage != before.stage:
            match power.stage:
                case "good":
                    if before.holds:
                        assert self.held_for(30, 12_400, 10**9)
                case "low":
                    if before.stage == "stopping":
                        assert self.held_for(30, 11_200, 10**9)
                    else:
                        assert self.held_for(10, 0, 11_800)
                case "stopping":
                    assert self.held_for(60, 0, 11_200)
                case "unknown":
                    assert not known
        if self.held_for(10, 0, 11_800):
            assert power.holds
        if self.held_for(30, 12_400, 10**9):
            assert power.stage == "good"
        if power.off_in_s is not None:
            assert self.held_for(60, 0, 11_200)
        if power.off_in_s == 0:
            assert self.held_for(90, 0, 11_200)

    @invariant()
    def looks(self) -> None:
        self.check()


TestPolicy = Policy.TestCase
TestPolicy.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
