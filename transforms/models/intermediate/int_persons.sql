{{ of_all_crms('persons') }}
