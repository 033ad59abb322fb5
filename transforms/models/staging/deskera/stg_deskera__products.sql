{{ none_of('products') }}
