-- The copies that take the places of bad images, as rows of attributes.
select c.* exclude (rank) replace ('instead of a copy: ' || r.bad as reason, a.companions as companions)
from work.replacement r
join other_copy c using (member_id)
join attributes a on a.member_id = r.bad_id
