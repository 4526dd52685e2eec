-- What declarations did not understand, by the reason.
select source, code, count(*) as images
from derivation_error
group by all
order by all
