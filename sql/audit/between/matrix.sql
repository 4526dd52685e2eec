-- The matrix: for each part of A and each part of B, the number of pictures of A that B has as well, by kind.
select
    part_a,
    part_b,
    count(distinct hash_a) filter (kind = 'bytes') as bytes,
    count(distinct hash_a) filter (kind = 'pixels') as pixels,
    count(distinct hash_a) filter (kind = 'near') as near,
    count(distinct hash_a) as pictures
from work.shared
group by part_a, part_b
order by part_a, part_b
