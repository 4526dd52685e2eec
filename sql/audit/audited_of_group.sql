-- The fakes of a source or generator, and the real images to compare them with. Of a matched selection: those that were
-- matched with them. Else, or before matching: those of the same sources, or all if there are fewer than $min_class.
-- At most 100,000 of each label.
with fake as (
    select *
    from work.audited_all
    where label = 1
      and case when $kind = 'source' then source else generator end = $group
),

pair as (
    select real_id
    from selection_pair
    where name = $name
      and fake_id in (select file_id from fake)
      and not $with_unmatched
),

own as (
    select *
    from work.audited_all
    where label = 0
      and case
          when exists (from pair) then file_id in (from pair)
          else source in (select source from fake)
      end
),

compared as (
    select * from fake
    union all
    select * from own where (select count(*) from own) >= $min_class
    union all
    select * from work.audited_all where label = 0 and (select count(*) from own) < $min_class
)

select *
from compared
qualify row_number() over (partition by label order by md5('group' || file_id), file_id) <= 100000
