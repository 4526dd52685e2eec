-- The containers $numbers, as indexer/containers/from_manifest.py reads them.
select container_id, source, path, path_bytes, kind, volumes
from container
where list_contains($numbers, container_id)
order by container_id
