-- Images that matching leaves out: fakes without a counterpart, and real images that no fake needs.
select fake_id as member_id, 'match' as step, 'no real image in its bin: ' || bin as reason
from work.match_short
union all
select member_id, 'match' as step, 'no fake image needs it' as reason
from work.match_candidate
anti join work.matched using (member_id)
anti join work.match_spare using (member_id)
anti join work.exclusion using (member_id)
