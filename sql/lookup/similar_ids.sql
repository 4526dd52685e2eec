-- The file_id that is most similar to $file_id.
select file_id
from attributes
order by jaro_winkler_similarity(file_id, $file_id) desc, file_id
limit 1
