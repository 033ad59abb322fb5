{{ of_all_crms('activities') }}
