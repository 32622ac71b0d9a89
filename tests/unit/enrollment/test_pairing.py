from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.enrollment.clock import MINUTE_MS
from appliance.enrollment.pairing import Accepted, Reason, Refused, decide, prefix_of
from appliance.enrollment.pairing_code import Guesses, PairingCode, PairingLimits, new_code
from appliance.enrollment.pairing_secret import ALPHABET, PairingSecret

Entropy = Callable[[int], bytes]
KEY = "the device's key"


class Ledger:
    """What a store does: keeps codes and guesses between attempts, as JSON."""

    def __init__(self, *codes: PairingCode) -> None:
        self.codes = {code.id: code for code in codes}
        self.guesses = Guesses()

    def attempt(self, text: str, now_ms: int, key: str = KEY) -> Accepted | Refused:
        answer = decide(text, key, list(self.codes.values()), self.guesses, now_ms)
        self.guesses = answer.guesses
        changed = (answer.code,) if isinstance(answer, Accepted) else answer.changed
        self.codes |= {code.id: code for code in changed}
        return answer

    def restart(self) -> None:
        saved = msgspec.json.encode((list(self.codes.values()), self.guesses))
        codes, self.guesses = msgspec.json.decode(saved, type=tuple[list[PairingCode], Guesses])
        self.codes = {code.id: code for code in codes}


@pytest.fixture
def pair(now_ms: int, entropy: Entropy) -> tuple[PairingCode, PairingSecret]:
    return new_code("u1", ["agent"], now_ms=now_ms, entropy=entropy)


def reason(answer: Accepted | Refused) -> Reason | None:
    return answer.reason if isinstance(answer, Refused) else None


def near_miss(secret: PairingSecret, n: int = 0) -> str:
    """A wrong typed code with the right prefix."""
    tail = secret.typed_part().text[4:]
    other = ALPHABET[(ALPHABET.index(tail[-1]) + 1 + n) % 32]
    return secret.prefix + tail[:-1] + other


@pytest.mark.parametrize("form", ["full", "typed"])
def test_the_right_code_lets_one_device_in(
    pair: tuple[PairingCode, PairingSecret], now_ms: int, form: str
) -> None:
    code, secret = pair
    ledger = Ledger(code)
    answer = ledger.attempt(secret.text if form == "full" else secret.typed, now_ms + 1)
    assert isinstance(answer, Accepted)
    assert not answer.again
    assert answer.code.state == "used"
    assert answer.code.used_by == KEY
    assert answer.code.used_at_ms == now_ms + 1
    assert (answer.code.user_id, answer.code.roles) == ("u1", ("agent",))
    for text in (secret.text, secret.typed):
        assert reason(ledger.attempt(text, now_ms + 2, key="another key")) == Reason.USED


def test_the_same_key_may_ask_again_while_the_window_is_open(
    pair: tuple[PairingCode, PairingSecret], now_ms: int
) -> None:
    code, secret = pair
    ledger = Ledger(code)
    ledger.attempt(secret.text, now_ms)
    again = ledger.attempt(secret.text, now_ms + 1_000)
    assert isinstance(again, Accepted)
    assert again.again
    assert again.code.used_at_ms == now_ms
    assert reason(ledger.attempt(secret.text, code.expires_at_ms)) == Reason.EXPIRED


def test_the_window_ends_at_its_end(pair: tuple[PairingCode, PairingSecret], now_ms: int) -> None:
    code, secret = pair
    assert code.expires_at_ms == now_ms + 15 * MINUTE_MS
    assert reason(Ledger(code).attempt(secret.text, code.expires_at_ms)) == Reason.EXPIRED
    assert isinstance(Ledger(code).attempt(secret.text, code.expires_at_ms - 1), Accepted)


def test_a_cancelled_code_says_so_to_its_holder(
    pair: tuple[PairingCode, PairingSecret], now_ms: int
) -> None:
    code, secret = pair
    ledger = Ledger(msgspec.structs.replace(code, state="cancelled"))
    assert reason(ledger.attempt(secret.text, now_ms)) == Reason.CANCELLED
    assert reason(ledger.attempt(near_miss(secret), now_ms)) == Reason.WRONG


def test_five_wrong_tries_close_a_code_across_a_restart(
    pair: tuple[PairingCode, PairingSecret], now_ms: int
) -> None:
    code, secret = pair
    ledger = Ledger(code)
    for n in range(5):
        assert reason(ledger.attempt(near_miss(secret, n), now_ms + n)) == Reason.WRONG
        assert ledger.codes[code.id].wrong_tries == n + 1
        ledger.restart()
    assert reason(ledger.attempt(secret.text, now_ms + 9)) == Reason.BLOCKED
    assert reason(ledger.attempt(near_miss(secret), now_ms + 9)) == Reason.WRONG
    assert ledger.codes[code.id].wrong_tries == 5


def test_four_wrong_tries_do_not(pair: tuple[PairingCode, PairingSecret], now_ms: int) -> None:
    code, secret = pair
    ledger = Ledger(code)
    for n in range(4):
        ledger.attempt(near_miss(secret, n), now_ms)
    assert isinstance(ledger.attempt(secret.typed, now_ms), Accepted)


def test_the_whole_secret_with_a_wrong_tail_is_a_wrong_try(
    pair: tuple[PairingCode, PairingSecret], now_ms: int
) -> None:
    code, secret = pair
    ledger = Ledger(code)
    tail = "0" if secret.text[-2] != "0" else "1"
    wrong = secret.text[:-2] + tail + secret.text[-1]
    assert reason(ledger.attempt(wrong, now_ms)) == Reason.WRONG
    assert ledger.codes[code.id].wrong_tries == 1


def test_a_slip_of_the_keyboard_costs_no_try(
    pair: tuple[PairingCode, PairingSecret], now_ms: int
) -> None:
    code, secret = pair
    ledger = Ledger(code)
    for text in (secret.typed[:-1], secret.typed + "7", "", secret.typed[:-1] + "!"):
        assert reason(ledger.attempt(text, now_ms)) == Reason.MALFORMED
    assert ledger.codes[code.id].wrong_tries == 0


def test_guesses_are_limited_a_minute_and_told_when_to_come_back(now_ms: int) -> None:
    ledger = Ledger()
    for n in range(30):
        assert reason(ledger.attempt("A" * 16, now_ms + n)) == Reason.WRONG
    ledger.restart()
    answer = ledger.attempt("B" * 16, now_ms + 15_500)
    assert isinstance(answer, Refused)
    assert answer.reason == Reason.TOO_MANY
    assert answer.retry_after_s == 45
    assert reason(ledger.attempt("?", now_ms + 59_999)) == Reason.TOO_MANY
    assert reason(ledger.attempt("B" * 16, now_ms + 60_000)) == Reason.WRONG


def test_a_flood_does_not_lock_out_the_right_device(
    pair: tuple[PairingCode, PairingSecret], now_ms: int
) -> None:
    code, secret = pair
    ledger = Ledger(code)
    wrong = "0" * 16 if secret.prefix != "0000" else "1" * 16
    for _ in range(100):
        ledger.attempt(wrong, now_ms)
    assert reason(ledger.attempt(wrong, now_ms)) == Reason.TOO_MANY
    assert isinstance(ledger.attempt(secret.typed, now_ms), Accepted)


def test_a_clock_set_back_opens_no_new_round(now_ms: int) -> None:
    ledger = Ledger()
    for _ in range(30):
        ledger.attempt("A" * 16, now_ms)
    assert reason(ledger.attempt("A" * 16, now_ms - 90 * MINUTE_MS)) == Reason.TOO_MANY


def test_ten_thousand_guesses_and_none_in(now_ms: int, entropy: Entropy) -> None:
    """Half of the guesses know the prefix of an open code; a restart after each thousand."""
    pairs = [new_code("u", ["agent"], now_ms=now_ms, entropy=entropy) for _ in range(20)]
    ledger = Ledger(*(code for code, _ in pairs))
    prefixes = [secret.prefix for _, secret in pairs]
    guesser = random.Random(3)
    reasons: dict[Reason, int] = {}
    for n in range(10_000):
        text = "".join(guesser.choices(ALPHABET, k=16 if n % 3 else 26))
        if n % 2:
            text = guesser.choice(prefixes) + text[4:]
        answer = ledger.attempt(text, now_ms + n * 50)
        assert isinstance(answer, Refused)
        reasons[answer.reason] = reasons.get(answer.reason, 0) + 1
        if n % 1_000 == 999:
            ledger.restart()
    assert set(reasons) == {Reason.WRONG, Reason.TOO_MANY}
    minutes = 10_000 * 50 // MINUTE_MS + 1
    assert reasons[Reason.WRONG] <= 5 * 20 + 30 * minutes
    assert all(code.wrong_tries == 5 for code in ledger.codes.values())


@settings(max_examples=200)
@given(st.text(max_size=40), st.integers(0, 30 * MINUTE_MS))
def test_no_text_but_the_code_gets_in(text: str, later_ms: int) -> None:
    code, _secret = new_code("u", ["a"], now_ms=0, entropy=random.Random(5).randbytes)
    answer = Ledger(code).attempt(text, later_ms)
    assert isinstance(answer, Refused)
    assert prefix_of(text) is None or answer.reason != Reason.MALFORMED


def test_codes_that_are_open_differ_in_their_prefix(now_ms: int) -> None:
    first, again, other = (bytes([n]) * 16 for n in (1, 1, 200))
    fed = iter([first, b"i" * 8, again, other, b"j" * 8])
    one, _ = new_code("u", ["a"], now_ms=now_ms, entropy=lambda n: next(fed))
    two, _ = new_code(
        "u", ["a"], now_ms=now_ms, entropy=lambda n: next(fed), open_prefixes={one.prefix}
    )
    assert one.prefix != two.prefix
    with pytest.raises(RuntimeError, match="entropy"):
        new_code("u", ["a"], now_ms=0, entropy=lambda n: first, open_prefixes={one.prefix})


def test_what_is_stored_does_not_hold_the_code(
    pair: tuple[PairingCode, PairingSecret],
) -> None:
    code, secret = pair
    stored = msgspec.json.encode(code).decode()
    assert secret.text[4:16] not in stored.upper()
    assert secret.text not in stored


@pytest.mark.parametrize(
    "limits",
    [{"lifetime_ms": 59_999}, {"lifetime_ms": 86_400_001}, {"tries": 0}, {"guesses_a_minute": 0}],
)
def test_limits_have_limits(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(limits))):
        PairingLimits(**limits)


def test_a_code_needs_a_role_and_a_sane_life(now_ms: int, entropy: Entropy) -> None:
    with pytest.raises(ValueError, match="role"):
        new_code("u", [], now_ms=now_ms, entropy=entropy)
    with pytest.raises(ValueError, match="lifetime_ms"):
        new_code("u", ["a"], now_ms=now_ms, entropy=entropy, lifetime_ms=1)
