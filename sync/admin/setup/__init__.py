"""What operators set up: companies, sources, vacancies, workflows."""
