"""The classifier's file, and the hash without which it is refused: known without the classifier."""

from __future__ import annotations

CLASSIFIER_FILE = "classifier.npz"
# Printed by `train_injection_classifier`; other weights are refused.
CLASSIFIER_SHA256 = "e1e08d1c53fae896c64807605de4e25f0c97a494c94ae66f0d9b82d7da4772bc"
