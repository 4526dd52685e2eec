-- Spares of the fakes that have the split, the generator and the bins of a matched fake, which they may replace.
with placed as (
    select f.member_id, f.is_spare, list_concat([s.split, f.generator], k.bins) as place
    from work.fake f
    join work.image_group g using (file_id)
    join work.group_split s using (group_id)
    join work.match_key k using (member_id)
    anti join work.match_short m on m.fake_id = f.member_id
)

select member_id
from placed
where is_spare
  and place in (select place from placed where not is_spare)
