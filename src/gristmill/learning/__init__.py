"""What use and the corpus teach: feedback, the record of interactions, and candidates for better models."""
