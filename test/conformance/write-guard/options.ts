/** How an application of the write guard's domain describes it; each case adds its modes. */
export const failsafeOptions = {
  tenantProperty: ["scope.merchantId", "merchantId", "merchant"],
  entities: { Student: "school", Enrolment: "student.school" },
  claimable: ["Product"],
} as const
