-- The inputs that the folder was filled from.
select recipe from made_by
