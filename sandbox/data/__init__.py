"""The invented people, firms, vacancies and CVs, and what was created of them."""
