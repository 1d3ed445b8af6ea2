-- Views of older releases that no view reads any more. Here, behind all others: until they were made anew, those may have read them.
DROP VIEW IF EXISTS engaged_people;
