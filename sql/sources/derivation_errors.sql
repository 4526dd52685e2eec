-- Number of images without a row, per source and code.
select source, code, count(*) as images
from derivation_error
group by all
order by all
