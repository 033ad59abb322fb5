{{ of_all_crms('deals') }}
