"""What asks the tests and the program hard questions: mutants, faults, corrupted inputs."""
