select decision, happened, candidate as release, scope, outcome, right_gain, recall
from {{ source('exports', 'decisions') }}
