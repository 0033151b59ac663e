import { Column, PrimaryColumn, UpdateDateColumn, VersionColumn, type ValueTransformer } from "typeorm"

/** A merchant is stored as "m-1" and known as 1. */
export const prefixed: ValueTransformer = {
  to: (value: unknown) => (typeof value === "number" ? `m-${value}` : value),
  from: (value: unknown) => (typeof value === "string" ? Number(value.slice(2)) : value),
}

/** A crate is stored as 1 and known as "crate 1". */
export const named: ValueTransformer = {
  to: (value: unknown) => (typeof value === "string" ? Number(value.slice(6)) : value),
  from: (value: unknown) => (typeof value === "number" ? `crate ${value}` : value),
}

export abstract class Labelled {
  @Column({ type: "text" }) label!: string
  @VersionColumn({ type: "int" }) version!: number
  @UpdateDateColumn({ type: "timestamptz" }) updatedAt!: Date
}

export abstract class Owned extends Labelled {
  @Column({ type: "int", nullable: true }) merchantId!: number | null
}

export abstract class Numbered extends Owned {
  @PrimaryColumn({ type: "int" }) id!: number
}
