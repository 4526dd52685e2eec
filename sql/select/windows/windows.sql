-- The generators of the splits past and next: generators by release date, $size per window. Window number $next (default:
-- the last one) is next, the $past windows before it (default: all) are past.
with dated as (
    select a.generator, min(a.generator_released) as released
    from every_candidate c
    join attributes a using (member_id)
    where c.label = 1
      and a.generator_released is not null
      and ($generators is null or list_contains($generators, a.generator))
    group by a.generator
),

numbered as (
    select generator, released, (row_number() over (order by released, generator) - 1) // $size + 1 as number
    from dated
)

select n.generator, n.released, n.number, if(n.number = l.last, 'next', 'past') as split
from numbered n
cross join (select coalesce($next, max(number)) as last from numbered) l
where n.number between l.last - coalesce($past, l.last) and l.last
order by n.released, n.generator
