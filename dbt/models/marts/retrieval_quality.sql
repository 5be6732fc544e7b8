select release, decision, happened, scope, outcome, right_gain, recall
from {{ ref('stg_decisions') }}
where recall is not null or right_gain is not null
