-- The rows of the export $name, each matched with the manifest. `outcome` is found, missing, different (another size or
-- sha256) or unusable (with the reason in the manifest).
select
    r.split,
    r.position,
    r.role,
    r.stratum,
    r.origin,
    r.source,
    r.file_id,
    case
        when m.file_id is null then 'missing'
        when m.status <> 'ok' then 'unusable'
        when m.size <> r.size or m.hash <> r.hash then 'different'
        else 'found'
    end as outcome,
    coalesce(m.reason, '') as reason
from shared_row r
left join manifest m using (file_id)
where r.name = $name
