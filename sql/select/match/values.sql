-- The values of each image in the columns $on, as texts; 'none' if it has none.
unpivot (
    select member_id, coalesce(columns(lambda name: list_contains($on, name))::varchar, 'none')
    from match_column
    semi join work.match_image using (member_id)
)
on columns(* exclude (member_id))
into name trait value value
