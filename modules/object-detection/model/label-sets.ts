/** The 80 classes of COCO detection, in the order that most exports number them. */
export const coco80: readonly string[] = (
  "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter," +
  "bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis," +
  "snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup," +
  "fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch," +
  "potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink," +
  "refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"
).split(",");

/** Ids of COCO's original numbering, 1 to 90, that no class has. */
const cocoGaps: readonly number[] = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83];

/** COCO by its original ids: index 1 is `person`, 90 is `toothbrush`; 0 and the gaps are empty. */
export const coco91: readonly (string | undefined)[] = (() => {
  const names = coco80.values();
  return Array.from({ length: 91 }, (_, id) => (id === 0 || cocoGaps.includes(id) ? undefined : names.next().value));
})();

/** The 20 classes of Pascal VOC, alphabetical. */
export const voc20: readonly string[] = (
  "aeroplane,bicycle,bird,boat,bottle,bus,car,cat,chair,cow,diningtable,dog,horse,motorbike,person,pottedplant,sheep," +
  "sofa,train,tvmonitor"
).split(",");

/** COCO's labels where the model has as many classes as COCO. */
export function cocoLabels(classes: number): readonly string[] | undefined {
  return classes === coco80.length ? coco80 : undefined;
}
