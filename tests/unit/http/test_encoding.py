import gzip
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from appliance.http.decoding import PIECE, decoder
from appliance.http.encoding import encode, encoder, least, negotiate
from appliance.http.problem import Problem


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "identity"),
        ("", "identity"),
        (" , ", "identity"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("br", "identity"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.9", "gzip"),
        ("gzip;q=0, zstd;q=0", "identity"),
        ("identity;q=0.5, gzip;q=0.4", "identity"),
        ("*", "zstd"),
        ("*;q=0.1, gzip ; q=0.2", "gzip"),
        ("zstd;q=0, *", "gzip"),
    ],
)
def test_the_client_is_heard_and_ties_are_broken(accept, chosen):
    assert negotiate(accept) == chosen


@pytest.mark.parametrize("accept", ["identity;q=0", "*;q=0", "br, identity;q=0"])
def test_nothing_acceptable(accept):
    with pytest.raises(Problem) as caught:
        negotiate(accept)
    assert caught.value.code == "not_acceptable"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip, zstd", "identity"),
        ("gzip;q=1", "identity"),
        ("*;q=0, identity;q=0.1", "identity"),
        ("gzip;q=0", "identity"),
        ("gzip, identity;q=0", "gzip"),
        ("*;q=0, gzip;q=0.5, zstd;q=0.2", "gzip"),
        ("*, identity;q=0", "zstd"),
    ],
)
def test_what_need_not_be_encoded_is_only_where_identity_is_excluded(accept, chosen):
    assert least(accept) == chosen


@given(st.text(alphabet="*gzipdentystQq;=01. ,", max_size=40))
def test_least_refuses_no_more_than_negotiate(accept):
    try:
        chosen = negotiate(accept)
    except Problem:
        return
    assert least(accept) in ("identity", chosen)


@pytest.mark.parametrize("accept", ["gzip;q=2", "gzip;q=0.1234", "a b", ";", ",".join("a" * 40)])
def test_values_that_do_not_parse(accept):
    with pytest.raises(Problem) as caught:
        negotiate(accept)
    assert caught.value.code == "bad_header"


@given(st.text(max_size=100))
def test_any_value_is_chosen_from_or_refused(accept):
    try:
        assert negotiate(accept) in ("zstd", "gzip", "identity")
    except Problem as problem:
        assert problem.code in ("bad_header", "not_acceptable")


def _decode(encoding, slices):
    stream = decoder(encoding)
    plain = []
    for data in slices:
        for piece in stream.decode(data):
            assert 0 < len(piece) <= PIECE
            plain.append(piece)
    stream.finish()
    return b"".join(plain)


@given(
    st.sampled_from(["identity", "gzip", "zstd"]),
    st.lists(st.binary(max_size=300), max_size=6),
    st.integers(1, 50),
)
def test_pages_come_back_in_any_slices(encoding, pages, step):
    stream = encoder(encoding)
    encoded = b"".join(stream.compress(page) + stream.flush() for page in pages) + stream.finish()
    slices = [encoded[start : start + step] for start in range(0, len(encoded), step)]
    assert _decode(encoding, slices) == b"".join(pages)


def test_a_flushed_page_can_be_read_before_the_end():
    for encoding, read in (
        ("gzip", lambda data: zlib.decompressobj(31).decompress(data)),
        ("zstd", zstandard.decompress),
    ):
        stream = encoder(encoding)
        assert read(stream.compress(b"page one") + stream.flush()) == b"page one"
        assert stream.compress(b"") + (stream.flush() if encoding == "zstd" else b"") == b""


def test_each_page_of_zstd_is_a_frame():
    stream = encoder("zstd")
    first = stream.compress(b"one" * 100) + stream.flush()
    second = stream.compress(b"two" * 100) + stream.flush()
    assert zstandard.decompress(first) == b"one" * 100
    assert zstandard.decompress(second) == b"two" * 100


def test_large_pieces_are_cut():
    plain = bytes(range(256)) * 4000
    for encoding in ("identity", "gzip", "zstd"):
        assert _decode(encoding, [encode(encoding, plain)]) == plain


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_members_and_frames_may_follow_one_another(encoding):
    assert _decode(encoding, [encode(encoding, b"one") + encode(encoding, b"two")]) == b"onetwo"


@given(st.sampled_from(["gzip", "zstd"]), st.binary(max_size=200), st.integers(0, 200))
def test_rubbish_and_cuts_are_refused(encoding, rubbish, cut):
    encoded = encode(encoding, b"something of some length " * 20)
    if 0 < cut < len(encoded):
        with pytest.raises(Problem) as caught:
            _decode(encoding, [encoded[:cut]])
        assert caught.value.code == "bad_encoding"
    try:
        _decode(encoding, [rubbish])
    except Problem as problem:
        assert problem.code == "bad_encoding"


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_is_unpacked_no_faster_than_it_is_taken(encoding):
    bomb = encode(encoding, bytes(50_000_000))
    pieces = decoder(encoding).decode(bomb)
    assert sum(len(next(pieces)) for _ in range(20)) <= 20 * PIECE


def test_a_window_larger_than_the_standard_allows_is_refused():
    parameters = zstandard.ZstdCompressionParameters(window_log=25, compression_level=3)
    wide = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = wide.compress(b"x" * 100_000) + wide.flush()
    with pytest.raises(Problem):
        _decode("zstd", [data])


def test_the_standard_library_reads_our_gzip():
    assert gzip.decompress(encode("gzip", b"hello")) == b"hello"
