import { z } from "zod";
import type { ArmType } from "../../arm/arm-type";
import { tags } from "./common";

export const resourceGroup: ArmType = {
  token: "azure-native:resources:ResourceGroup",
  type: "Microsoft.Resources/resourceGroups",
  apiVersion: "2024-11-01",
  scope: "subscription",
  path: [
    {
      type: "resourceGroups",
      argument: "resourceGroupName",
      rule: {
        min: 1,
        max: 90,
        pattern: /^[-\w._()]*[-\w_()]$/,
        words: "letters, digits, '.', '_', '-', '(' and ')', not ending with '.'",
      },
    },
  ],
  autoNaming: "random",
  located: true,
  body: z.object({ tags, managedBy: z.string().optional() }),
  replaceOnChanges: ["managedBy"],
  computed: ["properties"],
  outputs: () => ({ properties: { provisioningState: "Succeeded" } }),
};
