-- The candidates of each stratum of fakes, by rank. The rank key is md5 text, which is equal in every DuckDB version.
with placed as (
    select
        a.member_id,
        a.file_id,
        a.stratum as generator,
        coalesce(s.section, a.origin) as origin,
        md5($seed || a.file_id) as rank_key
    from candidate a
    left join work.section s using (file_id)
    where a.label = 1 or $every_label
)
select
    member_id,
    generator,
    origin,
    rank_key,
    row_number() over (partition by generator, origin order by rank_key, file_id) as rank
from placed
join work.rank_bound r using (generator, origin)
where rank_key < r.bound
