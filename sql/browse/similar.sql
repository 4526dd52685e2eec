-- The file_ids of the images whose perceptual hash is nearest to that of member $member, itself first.
with one as (
    select phash
    from inspection
    where member_id = $member and phash is not null
)

select a.file_id
from inspection i
join attributes a using (member_id)
cross join one
where bit_count(xor(i.phash, one.phash)) <= $radius
order by i.member_id <> $member, bit_count(xor(i.phash, one.phash)), a.file_id
limit $images
