"""The protocol between front and compute process."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_api.compute import frames
from shopx_api.compute.call import Notes, Origin, Response
from shopx_api.compute.frames import (
    Frame,
    FrameReader,
    FrameTooLarge,
    Kind,
    read_request,
    read_response,
    request_frame,
    response_frame,
)
from shopx_core.caching.cache_epoch import CacheEpoch, Version
from shopx_core.caching.dependencies import DependencyTag, Span

FRAMES = st.builds(
    Frame,
    st.sampled_from(Kind),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=40),
    st.binary(max_size=200),
)
HEADERS = st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=30)), max_size=5)
INSTANTS = st.datetimes(timezones=st.just(dt.UTC))
ORIGINS = st.builds(
    Origin,
    st.sampled_from(["GET", "POST", "PUT"]),
    st.binary(max_size=50),
    HEADERS,
    st.binary(max_size=200),
    st.none() | st.ip_addresses().map(str),
    st.text("abc-._0", max_size=20),
)
EPOCHS = st.builds(
    lambda chain, micros, at, server: CacheEpoch(
        version=Version(chain, micros), snapshot="5:9:6,7", at=at, database="1/2", server=server
    ),
    st.text("0123abc", min_size=1, max_size=16),
    st.integers(0, 2**53),
    INSTANTS,
    st.sampled_from(["", "00000001/1764460800.123456"]),
)
SPANS = st.lists(
    st.builds(
        Span, st.sampled_from(DependencyTag), st.integers(-(10**7), 10**8), st.integers(0, 10**8)
    ),
    max_size=6,
).map(tuple)
RESPONSES = st.builds(
    Response,
    st.integers(100, 599),
    HEADERS,
    st.binary(max_size=200),
    st.builds(
        Notes,
        operation=st.text(max_size=20),
        cacheable=st.booleans(),
        failed=st.booleans(),
        live=st.booleans(),
        time_dependent=st.booleans(),
        boundary=st.just(float("inf")) | st.floats(0, 1e10),
        as_of=st.none() | INSTANTS,
        as_of_span=st.none() | st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
        etag=st.text(max_size=20),
        spans=SPANS,
    ),
)


@given(st.lists(FRAMES, max_size=5), st.lists(st.integers(0, 2000), max_size=8))
def test_frames_are_read_as_written_however_the_stream_is_cut(
    written: list[Frame], cuts: list[int]
) -> None:
    stream = b"".join(frame.encode() for frame in written)
    bounds = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    reader = FrameReader()
    read = [frame for start, end in pairwise(bounds) for frame in reader.feed(stream[start:end])]
    assert read == written


@given(st.integers(0, 2**32 - 1), ORIGINS, st.none() | EPOCHS, st.floats(0, 100))
def test_a_request_arrives_as_sent(
    number: int, origin: Origin, epoch: CacheEpoch | None, seconds: float
) -> None:
    (frame,) = FrameReader().feed(request_frame(number, origin, epoch, seconds).encode())
    assert (frame.kind, frame.id) == (Kind.REQUEST, number)
    assert read_request(frame) == (origin, epoch, seconds)


@given(st.integers(0, 2**32 - 1), RESPONSES)
def test_a_response_arrives_as_sent(number: int, response: Response) -> None:
    (frame,) = FrameReader().feed(response_frame(number, response).encode())
    assert (frame.kind, frame.id) == (Kind.RESPONSE, number)
    assert read_response(frame) == response


def test_a_frame_that_is_too_large_is_neither_sent_nor_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames, "MAX_FRAME", 1000)
    raw = Frame(Kind.METRICS, body=b"x" * 900).encode()
    with pytest.raises(FrameTooLarge):
        Frame(Kind.METRICS, body=b"x" * 1000).encode()
    monkeypatch.setattr(frames, "MAX_FRAME", 100)
    with pytest.raises(FrameTooLarge):
        FrameReader().feed(raw[:4])


@pytest.mark.parametrize(
    "raw",
    [b"\0\0\0\1x", b"\0\0\0\x09\1\0\0\0\0\0\0\0\5", b"\0\0\0\x09\x63\0\0\0\0\0\0\0\0"],
    ids=["shorter-than-its-header", "head-longer-than-the-frame", "unknown-kind"],
)
def test_bytes_that_are_no_frame_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"frame|Kind"):
        FrameReader().feed(raw)
