"""The sentence for an answer of a service that is not data: what it did, in whose words, and what to do.

What passes by itself is a `SourceUnavailable`, which may be tried again; what a person must mend in the
provider's declaration (or ask the service for) is a `ConfigurationError`. Nothing is fetched or parsed here.
"""

from __future__ import annotations

from collections.abc import Mapping

from metadata.errors import ConfigurationError, SdgError, SourceUnavailable
from pipelines.http import Answer

_CHECK = "Check `dataflows`, `key` and `params` in the provider's file."
_LATER = "Try again later; what was loaded before is untouched."
_REFUSALS: Mapping[int, tuple[type[SdgError], str, str]] = {
    400: (ConfigurationError, "refuses the query as wrong", _CHECK),
    401: (ConfigurationError, "wants a log-in", "Put user name and password for this host into ~/.netrc."),
    403: (ConfigurationError, "does not permit this query", "Ask for access, or check `key` in its file."),
    404: (ConfigurationError, "knows nothing at this address", _CHECK),
    406: (ConfigurationError, "has none of the formats asked for", "Correct `formats` in its file."),
    413: (ConfigurationError, "finds even the smallest query too large", "Narrow `key` in its file."),
    501: (ConfigurationError, "does not offer this kind of query", _CHECK),
}
_NOT_DATA = {
    "data": "observations",
    "page": "a web page",
    "empty": "an empty body",
    "structure": "a structure message",
    "archive": "an archive",
    "other": "something that is not SDMX",
}


def refused(status: int, answer: Answer, url: str, *, wanted: str = "data") -> SdgError:
    """Return the sentence for an answer that is no data, quoting the service's own words."""
    words = answer.body.quoted()
    if status == 200:
        said = f": {words}" if words else ""
        sent = _NOT_DATA.get(answer.body.kind, "an error")
        return SourceUnavailable(
            f"The service answered with {sent} instead of {wanted}{said}.",
            where=url,
            hint="Look at the address in a browser; a page often means maintenance. Try again later.",
        )
    said = f" ({words})" if words else ""
    how = f"status {answer.status}"
    if status in _REFUSALS:
        kind, what, hint = _REFUSALS[status]
        return kind(f"The service {what}: {how}{said}.", where=url, hint=hint)
    if 400 <= status < 500:
        return ConfigurationError(f"The service refuses the query: {how}{said}.", where=url, hint=_CHECK)
    if answer.body.kind == "error":
        return SourceUnavailable(
            f"The service sent an error message instead of {wanted}: {how}{said}.", where=url, hint=_LATER
        )
    return SourceUnavailable(f"The service sent no data: {how}{said}.", where=url, hint=_LATER)
