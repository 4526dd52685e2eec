-- Patterns (their index in $patterns) that match an unmatched image of $source only if its suffix is kept.
with unmatched as (
    select r.logical
    from derivation_error e
    join raw_file r using (member_id)
    where e.source = $source and e.code = 'unmatched'
),
pattern as (
    select generate_subscripts($patterns::varchar[], 1) - 1 as number, unnest($patterns::varchar[]) as pattern
)
select number
from pattern
where exists (select 1 from unmatched where regexp_matches(logical, pattern))
order by number
