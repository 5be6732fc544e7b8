"""What use teaches: feedback on answers, and the record of interactions that everything learnt starts from."""
