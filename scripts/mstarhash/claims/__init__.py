"""The paper's claims beside what the run has to say to them."""
