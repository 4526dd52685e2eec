-- Pairs of open slots and unused candidates with equal bins in the first $level columns. With $is_tied, candidates of a
-- group are matched in its split; else those without a group, in any split. If a bin has too few candidates, slots are
-- served in the order of a hash. Within a bin, both are ordered by score: each slot gets the candidate nearest to it
-- that no earlier slot got and that leaves enough for the later ones.
with wanted as (
    select
        slot,
        array_to_string(bins[1:$level], chr(31)) || chr(30) || if($is_tied, split, '') as key,
        score,
        rank_key
    from work.match_slot
    anti join work.match_pair using (slot)
),

free as (
    select
        c.member_id,
        array_to_string(k.bins[1:$level], chr(31)) || chr(30) || if($is_tied, c.split, '') as key,
        k.score,
        c.rank_key
    from work.match_candidate c
    join work.match_key k using (member_id)
    anti join work.match_pair p on p.real_id = c.member_id
    anti join work.exclusion x using (member_id)
    where (c.split is not null) = $is_tied
),

supply as (
    select key, count(*) as reals
    from free
    group by key
),

served as (
    select w.*, s.reals
    from wanted w
    join supply s using (key)
    qualify row_number() over (partition by key order by w.rank_key, w.slot) <= s.reals
),

line as (
    select key, slot as id, false as is_real, score, rank_key, reals from served
    union all
    select f.key, f.member_id, true, f.score, f.rank_key, null from free f semi join served using (key)
),

placed as (
    select
        key,
        id,
        is_real,
        score,
        reals,
        row_number() over (partition by key, is_real order by score, rank_key, id) as number,
        count(*) over (partition by key, is_real) as total,
        count(*) filter (is_real) over before as reals_before,
        last_value(if(is_real, score, null) ignore nulls) over before as score_before,
        first_value(if(is_real, score, null) ignore nulls) over after as score_after
    from line
    window
        before as (partition by key order by score, is_real, rank_key, id rows between unbounded preceding and current row),
        after as (partition by key order by score, is_real, rank_key, id rows between current row and unbounded following)
),

aimed as (
    select
        *,
        case
            when score_after is null or score - score_before < score_after - score then reals_before
            else reals_before + 1
        end as aim
    from placed
    where not is_real
),

assigned as (
    select
        key,
        id as slot,
        least(number + max(aim - number) over (partition by key order by number), reals - total + number) as number
    from aimed
)

select a.slot, r.id as real_id, $level::bigint as level
from assigned a
join placed r on r.is_real and r.key = a.key and r.number = a.number
