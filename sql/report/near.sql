-- Pairs of images that look the same: perceptual hashes at most three of 64 bits apart.
select distinct a.row_id as first, b.row_id as second
from report_band a
join report_band b using (place, part)
where a.row_id < b.row_id
  and bit_count(xor(a.phash, b.phash)) <= 3
