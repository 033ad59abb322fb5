{{ of_all_crms('products') }}
