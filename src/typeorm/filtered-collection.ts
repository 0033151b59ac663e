/**
 * The type of a guarded to-many relation. At run time it is the plain array that TypeORM fills, without the rows of other tenants;
 * it is assignable to and from `T[]`.
 *
 * @example
 * class Customer {
 *   @OneToMany(() => Address, (address) => address.customer)
 *   addresses!: FilteredCollection<Address>
 * }
 */
export type FilteredCollection<T> = T[]
