-- Per source, the first of its rules whose pattern matches an unmatched image only if its suffix is kept. $sources,
-- $numbers and $patterns have one item per rule.
with rule as (
    select unnest($sources) as source, unnest($numbers) as number, unnest($patterns) as pattern
)
select r.source, min(r.number) as number
from derivation_error e
join raw_file f using (member_id)
join rule r on r.source = e.source and regexp_matches(f.logical, r.pattern)
where e.code = 'unmatched'
group by r.source
order by r.source
