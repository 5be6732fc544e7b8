"""The forgetting probe: pairs of general texts whose likeness must not move much while an encoder is tuned.

The pairs are our own writing: alike, related and unrelated, about what no company's documents are about. What is
measured is how far their similarities moved, and whether alike ones are still nearer than unrelated ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gristmill.models.encoder import Vectors

# (one, alike, unrelated): the second says nearly what the first says, the third does not.
TRIPLES: tuple[tuple[str, str, str], ...] = (
    ("The cat sleeps on the window sill.", "A cat is napping by the window.", "The stock exchange closed lower."),
    ("How do I boil an egg?", "What is the way to cook an egg in water?", "Where is the nearest petrol station?"),
    ("It rained all week in the mountains.", "In the hills the rain did not stop for days.", "She sold her piano."),
    ("The train to the coast was cancelled.", "There was no train to the seaside.", "Bees make honey in summer."),
    ("He is afraid of flying.", "Going by plane frightens him.", "The bread is still warm."),
    ("The museum opens at ten.", "Visitors are let into the museum from ten o'clock.", "My shoes are too tight."),
    ("Water freezes at zero degrees.", "At 0 °C water turns to ice.", "The novel has three hundred pages."),
    ("The team won the final.", "The last match was won by the team.", "Salt the soup before serving."),
    ("A child is born with soft bones.", "The bones of a newborn are soft.", "The bank raised its rates."),
    ("Who wrote this song?", "Who is the author of the song?", "How deep is the harbour?"),
    ("The old bridge is being repaired.", "They are mending the ancient bridge.", "Apples are sold by weight."),
    ("Turn off the light when you leave.", "Switch the lamp off on your way out.", "The choir sings on Sunday."),
    ("The doctor advised rest.", "She was told by her physician to rest.", "The road is made of gravel."),
    ("Elephants live in herds.", "An elephant belongs to a group of its kind.", "The printer is out of paper."),
    ("The phone was stolen on the bus.", "Somebody took my phone on the bus.", "Roses need much sun."),
    ("Is the shop open on Sundays?", "Can one buy there on a Sunday?", "The wall was painted green."),
    ("Vaccines protect against illness.", "A vaccination keeps people from falling ill.", "The lake is private."),
    ("The election was won by a few votes.", "A handful of votes decided the poll.", "The oven is broken."),
    ("Plants need light to grow.", "Without light a plant does not grow.", "The parcel came on Tuesday."),
    ("My laptop does not start any more.", "The notebook computer will not boot.", "He collects old coins."),
    ("Der Hund bellt die ganze Nacht.", "Nachts hört der Hund nicht auf zu bellen.", "Die Suppe ist versalzen."),
    ("Wo kann ich hier parken?", "Gibt es in der Nähe einen Parkplatz?", "Der Mond ist aufgegangen."),
    ("Le marché a lieu le samedi.", "Tous les samedis, il y a un marché.", "La porte grince."),
    ("Comment s'appelle ce fleuve ?", "Quel est le nom de cette rivière ?", "Il a perdu ses gants."),
    ("El tren llega con retraso.", "El ferrocarril no llegará a tiempo.", "La manzana está madura."),
    ("The violin has four strings.", "There are four strings on a violin.", "Taxes are due in May."),
    ("We moved to a smaller flat.", "Our new apartment is smaller.", "Lightning struck the tower."),
    ("Smoking is bad for the lungs.", "Cigarettes harm your lungs.", "The chess club meets at noon."),
    ("The film was boring.", "I found the movie dull.", "The boat needs a new engine."),
    ("They planted trees along the street.", "The avenue was lined with new trees.", "The glass is half full."),
    ("The moon circles the earth.", "Our planet is orbited by the moon.", "I forgot my umbrella."),
    ("Her brother is a carpenter.", "Her brother works with wood for a living.", "The concert is sold out."),
)


@dataclass(frozen=True)
class Forgetting:
    """How an encoder's view of general texts moved against its base."""

    moved: float  # mean absolute change of the similarities
    farthest: float  # the largest one
    kept: float  # share of triples whose alike texts are nearer than the unrelated ones

    def exceeds(self, most: float, base: Forgetting) -> bool:
        """Say whether it forgot more than is allowed."""
        return self.moved > most or self.kept < base.kept - 1 / len(TRIPLES)


def probe_texts() -> list[str]:
    """Return all texts of the probe, in the order that `forgetting` takes their vectors."""
    return [text for triple in TRIPLES for text in triple]


def forgetting(base: Vectors, now: Vectors) -> Forgetting:
    """Compare the similarities of the probe's pairs under two encoders; vectors are of `probe_texts`."""
    before, after = _similarities(base), _similarities(now)
    change = np.abs(after - before)
    return Forgetting(float(change.mean()), float(change.max()), float(np.mean(after[:, 0] > after[:, 1])))


def _similarities(vectors: Vectors) -> NDArray[np.float32]:
    """Return (alike, unrelated) for each triple."""
    triples = vectors.reshape(len(TRIPLES), 3, -1)
    one, alike, unrelated = triples[:, 0], triples[:, 1], triples[:, 2]
    pairs: NDArray[np.float32] = np.stack([(one * alike).sum(1), (one * unrelated).sum(1)], axis=1)
    return pairs
