"""When a text ends and what of it may already be shown: characters and stop strings put together across tokens.

In: the bytes of one token after the other. Out: text that is final — never half a character, never the beginning of
what may turn out to be a stop string.
"""

import codecs
from collections.abc import Sequence


class TextStream:
    """The text of one row as its tokens arrive."""

    def __init__(self, stops: Sequence[str] = ()) -> None:
        assert all(stops), "an empty stop string would stop before the first character"
        self.stops = tuple(stops)
        self.text = ""
        self.stopped_by: str | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._shown = 0

    def push(self, data: bytes) -> str:
        """Add a token's bytes and return the text that has become final."""
        assert self.stopped_by is None
        return self._grow(self._decoder.decode(data))

    def finish(self) -> str:
        """The rest of the text: no token follows, so nothing is held back; an incomplete character is dropped."""
        if self.stopped_by is None:
            self._decoder.reset()
        return self._show(len(self.text))

    def _grow(self, piece: str) -> str:
        # A stop string can begin before this piece, but not before what has been shown.
        self.text += piece
        found = [(at + len(stop), at, stop) for stop in self.stops if (at := self.text.find(stop, self._shown)) >= 0]
        if found:  # the one that ends first, so that the answer does not hang on where tokens begin
            _, at, self.stopped_by = min(found)
            self.text = self.text[:at]
            return self._show(at)
        return self._show(len(self.text) - self._held_back())

    def _held_back(self) -> int:
        """How many last characters could be the beginning of a stop string."""
        most = 0
        for stop in self.stops:
            for length in range(min(len(stop) - 1, len(self.text) - self._shown), most, -1):
                if self.text.endswith(stop[:length]):
                    most = length
                    break
        return most

    def _show(self, end: int) -> str:
        piece = self.text[self._shown : end]
        self._shown = end
        return piece
