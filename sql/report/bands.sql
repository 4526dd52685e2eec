-- Perceptual hashes cut in four: hashes that differ in at most three bits share at least one of the parts.
-- Parts that very many images share (plain white) are left out: they would pair everything with everything.
select row_id, phash, place, ((phash >> (16 * place)::ubigint) & 65535)::usmallint as part
from report_row, range(4) as places(place)
where phash is not null
qualify count(*) over (partition by place, part) <= 200
